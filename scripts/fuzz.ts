/**
 * Tries random inputs on the parsers and, with Schemathesis, on every operation of the document, for a minute each:
 * `npm run fuzz -- 600 sse` runs the files with `sse` in their name for ten minutes.
 */
import { spawnSync } from "node:child_process";

const [seconds = "60", filter = ""] = process.argv.slice(2);
const files = [
  `test/fuzz/${filter}`,
  ...("schemathesis".includes(filter) ? ["test/clients/schemathesis.test.ts"] : []),
];
const { status } = spawnSync("npx", ["vitest", "run", ...files], {
  stdio: "inherit",
  env: { ...process.env, FUZZ_SECONDS: seconds },
});
process.exitCode = status ?? 1;
