/** `npm run check`: everything but the tests, each check told in one line; the output of those that fail. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ["types", "tsc", "-p", "."],
  ["lint", "oxlint", "--type-aware"],
  ["format", "prettier", "--check", "."],
  ["generated files are fresh", "node", "scripts/generate.ts", "--check"],
  ["openapi.yaml", "redocly", "lint", "openapi.yaml"],
  ["asyncapi.yaml", "redocly", "lint", "generated/asyncapi.yaml"],
  ["openapi.yaml against the last release", "node", "scripts/spec-diff.ts"],
  ["dead code", "knip"],
];

const root = join(import.meta.dirname, "..");
const env = {
  ...process.env,
  PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`,
  REDOCLY_TELEMETRY: "off",
};

for (const [name, command, ...args] of checks) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env, encoding: "utf8" });
  // Redocly calls a document with warnings valid; here it is not.
  const warned = command === "redocly" && /\bwarnings?\b/.test(stdout + stderr);
  const failed = status !== 0 || warned;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${failed ? "FAILED" : "ok    "} ${name} (${seconds} s)`);
  if (failed) {
    console.log(stdout + stderr);
    process.exitCode = 1;
  }
}
