/** Coding programs, unmodified, with the example configuration for them: run by hand with `npm run test:clients`. */
import { execFile, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import JSON5 from "json5";
import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { createTemporaryFolder, startTestGateway, token } from "../support/gateway/gateway.ts";
import { readRunLines } from "../support/gateway/run-log.ts";

const example = readFileSync(join(packageRoot, "examples/coding-clients.json5"), "utf8");
const isInstalled = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

/** Runs a program in a folder of its own, which has `files`. Resolves to what it prints, and the runs that it started. */
async function run(
  program: string,
  args: (url: string) => readonly string[],
  files: (url: string) => Readonly<Record<string, string>> = () => ({}),
): Promise<{ readonly output: string; readonly outcomes: readonly string[] }> {
  const { url, log } = await startTestGateway({ config: JSON5.parse<ConfigInput>(example) });
  const folder = createTemporaryFolder();
  for (const [name, text] of Object.entries(files(url))) writeFileSync(join(folder, name), text);
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_BASE: `${url}/v1`,
    OPENAI_API_KEY: token,
    OPENAI_MODEL: "openclaw:coding",
  };
  const execution = promisify(execFile)(program, args(url), { cwd: folder, env });
  execution.child.stdin?.end();
  const { stdout } = await execution;
  const outcomes = readRunLines(log).map(({ outcome }) => outcome);
  return { output: stdout, outcomes };
}

/** The built-in model calls the tool with made-up arguments. The program answers with its result or its error. */
const useTool = (name: string): string => `use the ${name} tool`;

describe("with an agent without tools", { timeout: 300_000 }, () => {
  const qwen = process.env["QWEN"] ?? "qwen";
  test.skipIf(!isInstalled(qwen))("Qwen Code runs a tool that the model calls", async () => {
    const { output, outcomes } = await run(qwen, () => ["--yolo", "-p", useTool("glob")]);
    expect(outcomes.slice(0, 2)).toEqual(["tool_calls", "stop"]);
    expect(output).toContain("glob returned");
  });

  const opencode = process.env["OPENCODE"] ?? "opencode";
  test.skipIf(!isInstalled(opencode))("opencode runs a tool that the model calls", async () => {
    const toConfig = (url: string): string =>
      JSON.stringify({
        autoupdate: false,
        share: "disabled",
        provider: {
          openclaw: {
            npm: "@ai-sdk/openai-compatible",
            name: "OpenClaw",
            options: { baseURL: `${url}/v1`, apiKey: token },
            models: { "openclaw:coding": { name: "coding" } },
          },
        },
        model: "openclaw/openclaw:coding",
        small_model: "openclaw/openclaw:coding",
      });
    const { output, outcomes } = await run(
      opencode,
      () => ["run", useTool("glob")],
      (url) => ({ "opencode.json": toConfig(url) }),
    );
    expect(outcomes).toContain("tool_calls");
    expect(output).toContain("glob returned");
  });

  const aider = process.env["AIDER"] ?? "aider";
  test.skipIf(!isInstalled(aider))("aider shows the model's answer", async () => {
    const flags = ["--no-git", "--yes-always", "--no-check-update", "--no-show-model-warnings"];
    const { output } = await run(aider, () => [
      ...flags,
      "--model",
      "openai/openclaw:coding",
      "--message",
      "repeat: a pelican",
    ]);
    expect(output).toContain("a pelican");
  });
});
