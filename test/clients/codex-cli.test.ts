/** The unmodified Codex CLI works with the gateway, in a network where neither can reach anything else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import JSON5 from "json5";
import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { codex, createCodexUser, type Codex } from "../support/clients/codex.ts";
import { token } from "../support/gateway/gateway.ts";
import { startGatewayProcess, type GatewayProcess } from "../support/gateway/gateway-process.ts";
import { readInterfaces, loopbackCommand } from "../support/gateway/loopback.ts";
import { parseBlocks, documents } from "../support/documents/markdown.ts";
import { readRunLines } from "../support/gateway/run-log.ts";

/** Returns the first block of the guide in a language. */
const guide = documents.find(({ path }) => path === "docs/guides/codex.md");
const findBlock = (language: string): string =>
  guide === undefined ? "" : (parseBlocks(guide).find((block) => block.language === language)?.text ?? "");

interface CodexFixture {
  readonly gateway: GatewayProcess;
  readonly user: Codex;
}

/** The gateway and Codex, configured as in the guide, in an isolated network. */
async function startFixture(): Promise<CodexFixture> {
  const config = JSON5.parse<ConfigInput>(findBlock("json5"));
  const gateway = await startGatewayProcess({ config, commandPrefix: loopbackCommand });
  const pid = gateway.child.pid ?? 0;
  expect(readInterfaces(pid)).toEqual(["lo"]);
  const toml = findBlock("toml").replace("http://127.0.0.1:18789", gateway.url);
  return { gateway, user: createCodexUser(toml, { pid, token }) };
}

/** Disables Codex's sandbox, which does not accept a temporary folder as home. */
const sandboxOptions = ["--sandbox", "danger-full-access"];

/** Lines of the log leave in batches: poll this. */
const readRunOutcomes = ({ gateway }: CodexFixture): readonly string[] =>
  readRunLines([gateway.output()]).map(({ outcome, model }) => `${model} ${outcome}`);

describe.skipIf(codex === undefined)("Codex", () => {
  test("runs the commands that the agent calls, sends their results, and prints its answer", async () => {
    const fixture = await startFixture();
    const { folder, exec } = fixture.user;
    // Codex runs both concurrently.
    const commands = [
      "echo 42 > answer.txt",
      "until [ -s answer.txt ]; do sleep 0.05; done; cat answer.txt; exit 3",
    ];
    const prompt = commands.map((cmd) => `/tool exec_command ${JSON.stringify({ cmd })}`).join("\n");
    const reply = await exec(...sandboxOptions, prompt);

    expect(readFileSync(join(folder, "answer.txt"), "utf8")).toBe("42\n");
    expect(reply).toMatch(/^exec_command returned: [^]*exited with code 0[^]*\nexec_command returned: /);
    expect(reply).toMatch(/exited with code 3\n[^]*\n42$/);
    await expect
      .poll(() => readRunOutcomes(fixture))
      .toEqual(["builtin/assistant tool_calls", "builtin/assistant stop"]);
  });

  test("edits files with the custom tool for patches, and sends encrypted thinking back", async () => {
    const { user } = await startFixture();
    const input = "*** Begin Patch\n*** Add File: made.txt\n+by a patch\n*** End Patch";
    // Codex adds this tool for models that it knows. The gateway maps the name to the default agent.
    const model = ["--model", "gpt-5.5"];
    const reply = await user.exec(
      ...sandboxOptions,
      ...model,
      `/tool apply_patch ${JSON.stringify({ input })}`,
    );

    expect(readFileSync(join(user.folder, "made.txt"), "utf8")).toBe("by a patch\n");
    expect(reply).toMatch(/^apply_patch returned: [^]*A made\.txt$/);
  });

  test("calls tools of its own MCP servers, which it has in namespaces", async () => {
    const { user } = await startFixture();
    const server = join(packageRoot, "test/support/tools/mcp-stdio-server.ts");
    // On a busy machine the server starts slowly. With the default timeout the turn would begin without its tools.
    const waitOptions = "startup_timeout_sec=60,required=true";
    const notes = `{command=${JSON.stringify(process.execPath)},args=[${JSON.stringify(server)}],${waitOptions}}`;
    const reply = await user.exec(
      ...sandboxOptions,
      "--config",
      `mcp_servers.notes=${notes}`,
      '/tool mcp__notes__echo {"text": "from the desk"}',
    );
    expect(reply).toMatch(/^mcp__notes__echo returned: [^]*from the desk/);
  });

  test("resumes a stored conversation", async () => {
    const { user } = await startFixture();
    await user.exec("My name is Ada.");
    expect(await user.exec("resume", "--last", "What is my name?")).toBe("Your name is Ada.");
  });

  test("speaks over a WebSocket too, where it sends only what is new, and nothing is forgotten", async () => {
    const { gateway, user } = await startFixture();
    const socket = ["--config", "model_providers.openclaw.supports_websockets=true"];
    const reply = await user.exec(...sandboxOptions, ...socket, '/tool exec_command {"cmd": "echo 42"}');
    await expect.poll(() => readRunLines([gateway.output()])).toHaveLength(2);
    const [first = 0, second = 0] = readRunLines([gateway.output()]).map(({ inputTokens }) => inputTokens);

    expect(reply).toMatch(/^exec_command returned: [^]*42$/);
    // Codex falls back to HTTP when its socket fails, and says so.
    expect(user.readErrors()).toContain("exec_command");
    expect(user.readErrors()).not.toMatch(/falling back|reconnecting/i);
    expect(second).toBeGreaterThan(first);
    // Codex prints only errors of frames unchanged.
    await expect(user.exec(...socket, "/error 400")).rejects.toThrow('{"type":"error","status":400');
  });

  test("prints the gateway's error", async () => {
    const { user } = await startFixture();
    const rejection = user.exec("--model", "openclaw:nobody", "hi");
    await expect(rejection).rejects.toThrow('No agent "nobody". Agents: main, codex.');
  });
});
