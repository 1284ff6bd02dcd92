/** Finds a Python with the official packages `openai`, with its WebSockets, and `anthropic`, and httpx: in PYTHON, in the checkout's .venv, or on the path. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../../server/lib/package.ts";

const candidates = [process.env["PYTHON"], join(packageRoot, ".venv/bin/python"), "python3"];

export const python = candidates.find(
  (command) =>
    command !== undefined &&
    spawnSync(command, ["-c", "import anthropic, openai, httpx, websockets"]).status === 0,
);

/** Whether it has OpenAI's Agents SDK too. */
export const hasAgentsSdk = python !== undefined && spawnSync(python, ["-c", "import agents"]).status === 0;

if (!hasAgentsSdk)
  console.warn("The Agents SDK for Python is not tested: no python3 with the package openai-agents as well.");
if (python === undefined)
  console.warn(
    "The Python SDK is not tested: no python3 with the packages openai[realtime], anthropic and httpx (set PYTHON, or make .venv).",
  );
