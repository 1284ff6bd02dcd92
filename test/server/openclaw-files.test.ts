/** Files of OpenClaw's users, one of each kind: they start, and say what they are used for and what not. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { start } from "../support/clients/command-line.ts";
import { createChatBody, createTemporaryFolder, postChat, token } from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { readRecordedStream } from "../support/providers/ai-sdk.ts";
import { sseResponse, startScriptedProvider } from "../support/providers/scripted-provider.ts";

const keys = { ANTHROPIC_API_KEY: "key-a", OPENAI_API_KEY: "key-o", MY_GATEWAY_TOKEN: token };

/** A copy in a folder of its own: a gateway keeps its last good copy beside its state. */
function copyFile(name: string): string {
  const path = join(createTemporaryFolder(), "openclaw.json");
  copyFileSync(join(packageRoot, "test/fixtures/openclaw-files", name), path);
  return path;
}

const startFile = (name: string) => startGatewayProcess({ configPath: copyFile(name), env: keys });

/** The ignored keys of the start, with the reason of each. */
function listIgnored(output: string): readonly string[] {
  const [, list = ""] = /without effect in this gateway:\n((?: {2}.+\n)*)/.exec(output) ?? [];
  return list.split("\n").flatMap((line) => {
    const [paths, reason] = line.trim().split(": ", 2);
    if (paths === undefined || paths === "") return [];
    expect(reason, line).toMatch(/\S.* \(here$/);
    return paths.split(", ");
  });
}

test.for([
  [
    "aliases.json5",
    [
      "meta",
      "agents.defaults.models.anthropic/claude-opus-5.params",
      "agents.defaults.heartbeat",
      "channels",
    ],
  ],
  [
    "several-agents.json5",
    ["agents.ownership", "agents.defaults.skills", "agents.entries.main.identity", "session.scope"],
  ],
  ["env-vars.json5", ["env.shellEnv", "auth", "models.mode"]],
  [
    "mcp-and-sandbox.json5",
    ["bindings", "agents.defaults.sandbox.scope", "agents.defaults.sandbox.docker", "tools.elevated"],
  ],
  [
    "ollama.json5",
    [
      "gateway.controlUi.allowedOrigins",
      "models.providers.ollama.models.0.reasoning",
      "models.providers.ollama.models.0.compat.supportsTools",
    ],
  ],
] as const)("%s starts, and lists what is ignored and why", async ([name, ignored]) => {
  const gateway = await startFile(name);
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  expect(new Set(listIgnored(gateway.output()))).toEqual(new Set(ignored));
  expect(await gateway.end("SIGTERM")).toBe(0);
});

test("the agent of the system's work serves requests that name none", async () => {
  const gateway = await startFile("several-agents.json5");
  const answer = await postChat(gateway.url, createChatBody("/whoami"));
  expect(answer.status).toBe(200);
  await expect.poll(gateway.output).toContain('"agent":"ops"');
});

test("a token by reference is the token", async () => {
  const gateway = await startFile("ollama.json5");
  const models = (authorization: string) => fetch(`${gateway.url}/v1/models`, { headers: { authorization } });
  expect((await models(`Bearer ${token}`)).status).toBe(200);
  expect((await models("Bearer MY_GATEWAY_TOKEN")).status).toBe(401);
});

test("config check passes all of them, and says for each what is left out", async () => {
  const { code, err, out } = await (async () => {
    const check = start({ ...keys, PATH: process.env["PATH"] }, [
      "config",
      "check",
      copyFile("mcp-and-sandbox.json5"),
    ]);
    return { code: await check.code, out: check.out(), err: check.err() };
  })();
  expect([code, out]).toEqual([0, expect.stringContaining("is valid.")]);
  expect(err).toContain("mcp.servers.signed: is left out: it needs a sign-in in the browser");
  expect(err).toContain(
    'tools of OpenClaw that this gateway does not have, without effect: tools.deny "browser"',
  );
});

test("a variable and a file of one line reach the provider", async () => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(readRecordedStream("anthropic-messages", "text")));
  const anthropic = { api: "anthropic-messages", baseUrl: provider.baseUrl } as const;
  const gateway = await startGatewayProcess({
    config: {
      gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
      models: { providers: { anthropic } },
      agents: { defaults: { model: "anthropic/claude-opus-5" } },
    },
    env: { ANTHROPIC_API_KEY: "the-key-of-the-variable" },
  });
  const answer = await postChat(gateway.url, createChatBody("hello"));
  expect(answer.status).toBe(200);
  const [request] = provider.requests();
  expect(request?.path).toMatch(/\/messages$/);
  expect(request?.headers["x-api-key"]).toBe("the-key-of-the-variable");
  expect(request?.body).toMatchObject({ model: "claude-opus-5" });
});
