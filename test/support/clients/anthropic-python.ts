/** Finds a Python with clients of Anthropic's API: in ANTHROPIC_PYTHON, in the checkout's .anthropic-venv, or on the path. */
import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../../server/lib/package.ts";

const candidates = [
  process.env["ANTHROPIC_PYTHON"],
  join(packageRoot, ".anthropic-venv/bin/python"),
  join(packageRoot, ".venv/bin/python"),
  "python3",
].filter((command) => command !== undefined);

const canImport = (command: string, module: string): boolean =>
  spawnSync(command, ["-c", `import importlib.util as i, sys; sys.exit(i.find_spec("${module}") is None)`])
    .status === 0;

/** Returns the first Python that has the module. */
export function findPythonWith(module: "anthropic" | "langchain_anthropic" | "litellm"): string | undefined {
  const python = candidates.find((command) => canImport(command, module));
  if (python === undefined)
    console.warn(
      `The Python package ${module} is not tested: install it in .anthropic-venv, or set ANTHROPIC_PYTHON.`,
    );
  return python;
}

/** Resolves to what the program prints. Rejects when it fails. */
export const runPython = async (
  python: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  promisify(execFile)(python, [...args], {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env },
    maxBuffer: 2 ** 26,
  });
