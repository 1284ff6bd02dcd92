/** Semantic Kernel's Responses agent, unmodified, has a conversation with tools. */
import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { responsesConfig, startTestGateway, token } from "../support/gateway/gateway.ts";

const candidates = [
  process.env["SEMANTIC_KERNEL_PYTHON"],
  join(packageRoot, ".semantic-kernel/bin/python"),
  "python3",
].filter((command) => command !== undefined);
const python = candidates.find(
  (command) =>
    spawnSync(command, [
      "-c",
      "import importlib.util as i, sys; sys.exit(i.find_spec('semantic_kernel') is None)",
    ]).status === 0,
);
if (python === undefined)
  console.warn(
    "Semantic Kernel is not tested: no Python with the package semantic-kernel (set SEMANTIC_KERNEL_PYTHON).",
  );

test.skipIf(python === undefined)("stored, not stored and streamed", async () => {
  const { url } = await startTestGateway({ config: responsesConfig });
  const file = join(import.meta.dirname, "python/semantic_kernel_tools.py");
  const { stderr } = await promisify(execFile)(python ?? "", [file], {
    env: {
      PATH: process.env["PATH"],
      PYTHONDONTWRITEBYTECODE: "1",
      OPENCLAW_GATEWAY_URL: url,
      OPENCLAW_GATEWAY_TOKEN: token,
    },
  });
  expect(stderr).toMatch(/^Ran 3 tests[^]*\nOK\n$/m);
});
