/** A home that the original has made is imported, and its conversation goes on here. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../support/clients/command-line.ts";
import { openclawCli } from "../support/clients/openclaw-cli.ts";
import {
  chatConfig,
  createChatBody,
  createTemporaryFolder,
  postChat,
  startTestGateway,
} from "../support/gateway/gateway.ts";
import { callAsOperator } from "../support/gateway/keys.ts";
import {
  completionChunk,
  sseFrames,
  sseResponse,
  startScriptedProvider,
} from "../support/providers/scripted-provider.ts";

const token = "original-token-0123456789abcdef";

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Starts the original's gateway with a home of its own. Resolves when it answers. */
async function startOriginal(home: string, port: number): Promise<{ stop(): Promise<unknown> }> {
  const env = { PATH: process.env["PATH"], HOME: home, NO_COLOR: "1" };
  const child = spawn(process.execPath, [openclawCli ?? "", "gateway", "run"], {
    env,
    cwd: home,
    detached: true,
  });
  const kill = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // It has ended.
    }
  };
  onTestFinished(() => kill("SIGKILL"));
  const isUp = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(isUp, { timeout: 120_000, interval: 1_000 }).toBe(true);
  const closed = once(child, "close");
  return {
    stop() {
      kill("SIGTERM");
      return closed;
    },
  };
}

test.skipIf(openclawCli === undefined)(
  "a conversation of the original with a tool is imported, and goes on (needs openclaw)",
  { timeout: 300_000 },
  async () => {
    const provider = await startScriptedProvider();
    const call = {
      index: 0,
      id: "call_1",
      type: "function",
      function: { name: "exec", arguments: '{"command":"echo heron"}' },
    };
    provider.script(
      sseResponse(sseFrames(completionChunk({ tool_calls: [call] }), completionChunk({}, "tool_calls"))),
    );
    provider.script(sseResponse(sseFrames(completionChunk({ content: "It said heron." }, "stop"))));

    const home = createTemporaryFolder();
    const state = join(home, ".openclaw");
    const port = await findFreePort();
    const model = { id: "m", name: "m" };
    mkdirSync(state);
    writeFileSync(
      join(state, "openclaw.json"),
      JSON.stringify({
        gateway: {
          mode: "local",
          port,
          auth: { mode: "token", token },
          http: { endpoints: { chatCompletions: { enabled: true } } },
        },
        models: {
          providers: {
            local: { baseUrl: provider.baseUrl, apiKey: "k", api: "openai-completions", models: [model] },
          },
        },
        agents: { defaults: { model: "local/m" } },
      }),
    );
    const original = await startOriginal(home, port);
    const headers = { authorization: `Bearer ${token}`, "x-openclaw-session-key": "trip" };
    const reply = await postChat(`http://127.0.0.1:${port}`, createChatBody("My name is Ada."), { headers });
    expect(await reply.json()).toMatchObject({ choices: [{ message: { content: "It said heron." } }] });
    await original.stop();

    const stateDir = createTemporaryFolder();
    const env = { HOME: home, OPENCLAW_STATE_DIR: stateDir };
    const doctor = await run({ HOME: home }, ["doctor"]);
    expect(doctor.out).toContain(`OpenClaw's home ${state} has 1 conversations`);
    const { code, out } = await run(env, ["import", "--apply"]);
    expect([code, out]).toEqual([0, expect.stringContaining("Conversations imported: agent:main:trip\n")]);
    expect(out).toContain(join(state, "workspace"));
    expect(readFileSync(join(state, "openclaw.json"), "utf8")).toContain(provider.baseUrl);

    const gateway = await startTestGateway({ stateDir, config: chatConfig });
    expect(await callAsOperator(gateway, "chat.history", { sessionKey: "trip" })).toMatchObject({
      messages: [
        { role: "user", content: [{ text: "My name is Ada." }] },
        { role: "assistant", toolCalls: [{ name: "exec" }] },
        { role: "tool" },
        { role: "assistant", content: [{ text: "It said heron." }] },
      ],
    });
    const next = await postChat(gateway.url, createChatBody("What is my name?"), {
      headers: { "x-openclaw-session-key": "trip" },
    });
    expect(await next.json()).toMatchObject({ choices: [{ message: { content: "Your name is Ada." } }] });
  },
);
