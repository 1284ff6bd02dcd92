/** `npm run check`: runs everything but the tests. Prints one line per check, and the output of a check that fails. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ["types", "tsc", "-p", "."],
  ["types of the page", "tsc", "-p", "clients/web"],
  ["lint", "oxlint", "--type-aware"],
  ["format", "prettier", "--check", "."],
  ["generated files are fresh", "node", "scripts/generate.ts", "--check"],
  ["openapi.yaml", "redocly", "lint", "openapi.yaml"],
  ["openapi-3.2.yaml", "redocly", "lint", "generated/openapi-3.2.yaml"],
  ["arazzo.yaml", "redocly", "lint", "docs/arazzo.yaml"],
  ["asyncapi.yaml", "redocly", "lint", "generated/asyncapi.yaml"],
  ["asyncapi.yaml, by AsyncAPI's parser", "node", "scripts/foreign-linters.ts", "asyncapi"],
  ["both documents, by Spectral", "node", "scripts/foreign-linters.ts", "spectral"],
  ["config.schema.json, by Ajv", "node", "scripts/check-config-schema.ts"],
  ["openapi.yaml against the last release", "node", "scripts/spec-diff.ts"],
  ["mutations of contracts are noticed", "node", "scripts/mutate.ts", "--quick"],
  ["dead code", "knip"],
  ["signatures of the dependencies", "node", "scripts/audit-signatures.ts"],
];

const root = join(import.meta.dirname, "..");
const env = {
  ...process.env,
  PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`,
  REDOCLY_TELEMETRY: "off",
};

for (const [name, command, ...args] of checks) {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env, encoding: "utf8" });
  // Redocly exits with 0 for a document with warnings. Here a warning fails.
  const hasWarnings = command === "redocly" && /\bwarnings?\b/.test(stdout + stderr);
  const isFailed = status !== 0 || hasWarnings;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${isFailed ? "FAILED" : "ok    "} ${name} (${seconds} s)`);
  if (isFailed) {
    console.log(stdout + stderr);
    process.exitCode = 1;
  } else if (stdout.startsWith("skipped")) {
    console.log(`       ${stdout.trimEnd()}`);
  }
}
