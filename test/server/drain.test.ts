/** How a gateway stops: what it says that it waits for, what it ends early, and which signals it obeys. */
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readRunFile } from "../../cli/run-file.ts";
import { packageRoot } from "../../server/lib/package.ts";
import {
  chatConfig,
  createChatBody,
  createTemporaryFolder,
  postChat,
  startTestGateway,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { hasTerminal, startOnTerminal } from "../support/clients/command-line.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { createGatedModel, finishEvent } from "../support/providers/scripted-model.ts";
import { connectTestSocket } from "../support/sockets/socket.ts";

const linesOf = ({ log }: TestGateway, message: string): readonly Record<string, unknown>[] =>
  log
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line["message"] === message);

test("work whose caller has left is named in the log, and the gateway waits for it", async () => {
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  const gateway = await startTestGateway({
    async *model() {
      calls += 1;
      await gate.promise;
      yield finishEvent;
    },
    config: {
      gateway: { http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } } },
    },
  });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const left = new AbortController();
  const keyed = postChat(gateway.url, createChatBody("one"), {
    headers: { "idempotency-key": "k", "x-request-id": "req-keyed" },
    signal: left.signal,
  });
  await expect.poll(() => calls).toBe(1);
  left.abort();
  await expect(keyed).rejects.toThrow();
  const background = await fetch(`${gateway.url}/v1/responses`, {
    method: "POST",
    headers: { ...headers, "x-request-id": "req-background" },
    body: JSON.stringify({ model: "openclaw", input: "two", background: true }),
  });
  expect(background.status).toBe(200);
  await expect.poll(() => calls).toBe(2);
  const socket = await connectTestSocket(gateway);
  await socket.request("chat.send", { sessionKey: "main", message: "three", idempotencyKey: "run-socket" });
  await expect.poll(() => calls).toBe(3);
  socket.ws.terminate();

  const stopped = gateway.stop();
  await expect.poll(() => linesOf(gateway, "the end of the gateway waits for work")).toHaveLength(3);
  expect(linesOf(gateway, "the end of the gateway waits for work")).toEqual([
    expect.objectContaining({ work: "POST /v1/chat/completions", id: "req-keyed", maxSeconds: 25 }),
    expect.objectContaining({ work: "background response", id: "req-background" }),
    expect.objectContaining({ work: "chat.send", id: "run-socket" }),
  ]);
  gate.resolve();
  await stopped;
  expect(linesOf(gateway, "work was ended, because its time is over")).toEqual([]);
  expect(linesOf(gateway, "run").map(({ outcome }) => outcome)).toEqual(["stop", "stop", "stop"]);
});

test("a run that still waits for its turn is ended after some seconds, and the one at work is not", async () => {
  const { model, waitForCall, emit } = createGatedModel();
  const gateway = await startTestGateway({
    model,
    config: { gateway: { ...chatConfig.gateway, limits: { maxConcurrentRuns: 1 } } },
  });
  const first = postChat(gateway.url, createChatBody("one"));
  await waitForCall();
  const second = postChat(gateway.url, createChatBody("two"));
  const socket = await connectTestSocket(gateway);
  await expect.poll(() => socket.request("status")).toMatchObject({ runs: 2 });
  const stopped = gateway.stop();

  const rejected = await second;
  expect([rejected.status, rejected.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await rejected.json()).toMatchObject({ error: { code: "shutting_down" } });
  emit(finishEvent);
  expect((await first).status).toBe(200);
  await stopped;
  expect(linesOf(gateway, "runs that waited for their turn were ended")).toEqual([
    expect.objectContaining({ count: 1 }),
  ]);
});

test("work that takes longer than `drainMs` is named when it is ended", async () => {
  const { model, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({
    model,
    config: { gateway: { ...chatConfig.gateway, limits: { drainMs: 200 } } },
  });
  const answer = postChat(gateway.url, createChatBody("one"), { headers: { "x-request-id": "req-slow" } });
  await waitForCall();
  await gateway.stop();
  expect((await answer).status).toBe(503);
  expect(linesOf(gateway, "work was ended, because its time is over")).toEqual([
    expect.objectContaining({ level: "warn", work: "POST /v1/chat/completions", id: "req-slow" }),
  ]);
});

test("a second signal exits at once", async () => {
  const gateway = await startGatewayProcess();
  const stalled = await postChat(gateway.url, createChatBody("/stall after 3", { stream: true }));
  await stalled.body?.getReader().read();
  const ended = gateway.end("SIGTERM");
  await expect.poll(() => gateway.output()).toContain("SIGTERM");
  gateway.child.kill("SIGINT");
  expect(await ended).toBe(130);
});

test.skipIf(!hasTerminal)(
  "a terminal that is closed lets a stream finish, and ends the gateway",
  async () => {
    const state = createTemporaryFolder();
    const config = join(state, "openclaw.json");
    writeFileSync(config, JSON.stringify(chatConfig));
    const env = { HOME: state, OPENCLAW_CONFIG_PATH: config, OPENCLAW_STATE_DIR: state };
    const { child, out } = startOnTerminal({ ...env, OPENCLAW_GATEWAY_TOKEN: token }, [
      "gateway",
      "--port",
      "0",
    ]);
    const findUrl = (): string => /Gateway +(http\S+)/.exec(out())?.[1] ?? "";
    await expect.poll(findUrl).not.toBe("");
    const answer = await postChat(findUrl(), createChatBody("/slow 100ms\n/length 10", { stream: true }));
    child.kill("SIGKILL");
    expect(await answer.text()).toMatch(/data: \[DONE\]\n\n$/);
    await expect.poll(() => existsSync(join(state, "gateway.json"))).toBe(false);
  },
);

test("a signal to npm ends the gateway that it started, after its stream", async () => {
  const state = createTemporaryFolder();
  const config = join(state, "openclaw.json");
  writeFileSync(config, JSON.stringify(chatConfig));
  const npm = spawn("npm", ["run", "openclaw", "--", "gateway", "--port", "0"], {
    cwd: packageRoot,
    env: {
      ...process.env,
      OPENCLAW_CONFIG_PATH: config,
      OPENCLAW_STATE_DIR: state,
      OPENCLAW_GATEWAY_TOKEN: token,
    },
  });
  let output = "";
  for (const stream of [npm.stdout, npm.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await expect.poll(() => readRunFile(state)).toBeDefined();
  const { url, pid } = readRunFile(state) ?? { url: "", pid: 0 };
  onTestFinished(() => {
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
  });
  const answer = await postChat(url, createChatBody("/slow 100ms\n/length 20", { stream: true }));
  npm.kill("SIGTERM");
  expect(await answer.text()).toMatch(/data: \[DONE\]\n\n$/);
  await expect.poll(() => isAlive(pid)).toBe(false);
  expect(output).toContain("npm has ended: waiting for running requests.");
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("a gateway whose log nobody reads any more ends within its time", async () => {
  const gateway = await startGatewayProcess();
  gateway.child.stderr?.pause();
  for (let round = 0; round < 80; round += 1) {
    const ids = Array.from({ length: 50 }, (_, index) => `${round}-${index}-${"x".repeat(100)}`);
    await Promise.all(ids.map((id) => fetch(`${gateway.url}/nowhere`, { headers: { "x-request-id": id } })));
  }
  expect(await gateway.end("SIGTERM")).toBe(0);
});
