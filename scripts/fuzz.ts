/** Runs the fuzz targets for a minute each: `npm run fuzz -- 600 sse` runs the files with `sse` in their name for ten minutes. */
import { spawnSync } from "node:child_process";

const [seconds = "60", filter = ""] = process.argv.slice(2);
const { status } = spawnSync("npx", ["vitest", "run", `test/fuzz/${filter}`], {
  stdio: "inherit",
  env: { ...process.env, FUZZ_SECONDS: seconds },
});
process.exitCode = status ?? 1;
