/** Two gateways that share a database: what one does, the other knows. */
import type { OpenAI } from "openai";
import { expect, test } from "vitest";
import { packageVersion } from "../../server/lib/package.ts";
import type { ModelStream } from "../../server/agent/types.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { postChat, type TestGateway } from "../support/gateway/gateway.ts";
import { callAsOperator, createKey, request } from "../support/gateway/keys.ts";
import { createSharedConfig, startNodes } from "../support/postgres/nodes.ts";
import { connectTestSocket } from "../support/sockets/socket.ts";

const usage = { input: 1, output: 1, cached: 0, cacheWrite: 0, reasoning: 0 };

/** A model that answers with the number of the call, after `wait`. */
function createCountingModel(wait: (signal: AbortSignal) => Promise<void> = () => Promise.resolve()) {
  const counter = { calls: 0 };
  const model: ModelStream = async function* answer(_call, signal) {
    const number = (counter.calls += 1);
    yield { type: "text", text: `answer ${number}` };
    await wait(signal);
    if (signal.aborted) return;
    yield { type: "finish", reason: "stop", usage };
  };
  return { model, counter };
}

/** A gate that holds every run until it is opened. */
function createGate(): { readonly open: () => void; readonly wait: (signal: AbortSignal) => Promise<void> } {
  const gate = Promise.withResolvers<void>();
  return {
    open: gate.resolve,
    wait: (signal) =>
      Promise.race([
        gate.promise,
        new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
      ]),
  };
}

const ask = ({ url }: TestGateway, sessionKey: string, content: string): Promise<Response> =>
  postChat(
    url,
    { model: "openclaw", messages: [{ role: "user", content }] },
    { headers: { "x-openclaw-session-key": sessionKey } },
  );

interface History {
  readonly messages: readonly {
    readonly role: string;
    readonly content: readonly { readonly text: string }[];
  }[];
}

async function readHistory(gateway: TestGateway, key: string): Promise<History["messages"]> {
  const answer = await request(gateway, `/sessions/${key}/history?limit=1000`);
  return ((await answer.json()) as History).messages;
}

test("concurrent turns of a session over two nodes are stored one after the other", async () => {
  const { model } = createCountingModel(() => new Promise((resolve) => setTimeout(resolve, 2)));
  const nodes = await startNodes(2, { model });
  const statuses = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const node = nodes[index % 2] ?? nodes[0];
      const answer = await ask(node, `s${index % 4}`, `question ${index}`);
      await answer.text();
      return answer.status;
    }),
  );
  expect(statuses).toEqual(statuses.map(() => 200));
  for (const key of ["s0", "s1", "s2", "s3"]) {
    const messages = await readHistory(nodes[0], key);
    expect(messages.map(({ role }) => role)).toEqual(
      Array.from({ length: 10 }, () => ["user", "assistant"]).flat(),
    );
    expect(new Set(messages.map(({ content }) => content[0]?.text)).size).toBe(20);
  }
});

test("a background response is followed and cancelled from another node", async () => {
  const gate = createGate();
  const { model } = createCountingModel(gate.wait);
  const [first, second] = await startNodes(2, { model });
  const created = await createOpenAIClient(first).responses.create({
    model: "openclaw",
    input: "hi",
    background: true,
  });
  const elsewhere = createOpenAIClient(second).responses;
  const events: string[] = [];
  const stream = await elsewhere.retrieve(created.id, { stream: true });
  let cancelled: Promise<OpenAI.Responses.Response> | undefined;
  const follow = async (): Promise<void> => {
    for await (const event of stream) {
      events.push(event.type);
      if (event.type === "response.output_text.delta") cancelled ??= elsewhere.cancel(created.id);
    }
  };
  await expect(follow()).rejects.toThrow("aborted");
  expect((await cancelled)?.status).toBe("cancelled");
  expect(events).toContain("response.output_text.delta");
  expect((await createOpenAIClient(first).responses.retrieve(created.id)).status).toBe("cancelled");
});

test("a response continues one of another node, and its encrypted reasoning is read there", async () => {
  const model: ModelStream = async function* answer(call) {
    yield { type: "thinking", text: "deep thought" };
    yield { type: "text", text: `turns: ${call.turns.length}` };
    yield { type: "finish", reason: "stop", usage };
  };
  const [first, second] = await startNodes(2, { model });
  const created = await createOpenAIClient(first).responses.create({ model: "openclaw", input: "one" });
  const next = await createOpenAIClient(second).responses.create({
    model: "openclaw",
    input: "two",
    previous_response_id: created.id,
  });
  expect(next.output_text).toBe("turns: 3");
  const stateless = { model: "openclaw", store: false, include: ["reasoning.encrypted_content" as const] };
  const { output } = await createOpenAIClient(first).responses.create({ ...stateless, input: "three" });
  const again = await createOpenAIClient(second).responses.create({
    ...stateless,
    input: [
      { role: "user", content: "three" },
      ...(output as OpenAI.Responses.ResponseInputItem[]),
      { role: "user", content: "four" },
    ],
  });
  expect(again.output_text).toBe("turns: 3");
});

test("agent.wait and chat.abort reach a run of another node", async () => {
  const gate = createGate();
  const { model, counter } = createCountingModel(gate.wait);
  const [first, second] = await startNodes(2, { model });
  const here = await connectTestSocket(first);
  const there = await connectTestSocket(second);
  const send = { sessionKey: "talk", message: "hi" };
  await here.request("chat.send", { ...send, idempotencyKey: "run_a" });
  await expect.poll(() => counter.calls).toBe(1);
  const waiting = there.request("agent.wait", { runId: "run_a" });
  expect(await there.request("chat.abort", { sessionKey: "talk" })).toMatchObject({
    aborted: true,
    runIds: ["run_a"],
  });
  expect(await waiting).toMatchObject({ runId: "run_a", status: "error", stopReason: "aborted" });

  await here.request("chat.send", { ...send, idempotencyKey: "run_b" });
  await expect.poll(() => counter.calls).toBe(2);
  const success = there.request("agent.wait", { runId: "run_b" });
  gate.open();
  expect(await success).toMatchObject({ runId: "run_b", status: "ok" });
});

test("a session feed and session events come from the node of the client", async () => {
  const { model } = createCountingModel();
  const [first, second] = await startNodes(2, { model });
  await (await ask(first, "talk", "one")).text();
  const socket = await connectTestSocket(second);
  await socket.request("sessions.subscribe", {});
  const feed = await request(second, "/sessions/talk/history", { headers: { accept: "text/event-stream" } });
  const reader = feed.body?.pipeThrough(new TextDecoderStream()).getReader();
  await (await ask(first, "talk", "two")).text();
  let received = "";
  while (!received.includes("answer 2")) received += (await reader?.read())?.value ?? "";
  await reader?.cancel();
  const changed = await socket.waitForFrame(({ event }) => event === "sessions.changed");
  expect(changed.payload).toMatchObject({ sessionKey: "agent:main:talk", reason: "appended" });
});

test("a key is valid on all nodes, and when it is revoked, its runs end on all of them", async () => {
  const gate = createGate();
  const { model, counter } = createCountingModel(gate.wait);
  const [first, second] = await startNodes(2, { model });
  const secret = await createKey(first, "ada", { scopes: ["operator.write"] });
  await expect.poll(async () => (await request(second, "/v1/models", { secret })).status).toBe(200);
  const readLastUse = async (): Promise<number | null | undefined> => {
    const { keys } = await callAsOperator<{ keys: { lastUsedAt: number | null }[] }>(first, "keys.list");
    return keys[0]?.lastUsedAt;
  };
  await expect.poll(readLastUse).toBeGreaterThan(0);
  const body = { model: "openclaw", messages: [{ role: "user", content: "hi" }], stream: true };
  const running = await request(second, "/v1/chat/completions", { secret, body });
  await expect.poll(() => counter.calls).toBe(1);
  await callAsOperator(first, "keys.revoke", { name: "ada" });
  expect(await running.text()).toContain("was revoked");
  expect((await request(second, "/v1/models", { secret })).status).toBe(401);
});

test("of requests with one idempotency key on two nodes one runs", async () => {
  const { model, counter } = createCountingModel();
  const nodes = await startNodes(2, { model });
  const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
  const send = async (key: string, node: TestGateway): Promise<number> => {
    const answer = await postChat(
      node.url,
      { model: "openclaw", messages: [{ role: "user", content: key }] },
      { headers: { "idempotency-key": key } },
    );
    await answer.text();
    return answer.status;
  };
  const statuses = await Promise.all(keys.flatMap((key) => nodes.map((node) => send(key, node))));
  expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
  const repeated = await Promise.all(keys.flatMap((key) => nodes.map((node) => send(key, node))));
  expect(repeated).toEqual(repeated.map(() => 200));
  expect(counter.calls).toBe(keys.length);
});

test("a budget is one budget for all nodes", async () => {
  const { model, counter } = createCountingModel();
  const config = createSharedConfig({ budgets: { agents: { main: { tokensPerDay: 100 } } } });
  const nodes = await startNodes(2, { model, config });
  const statuses = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const node = nodes[index % 2] ?? nodes[0];
      const body = { model: "openclaw", max_tokens: 1_000, messages: [{ role: "user", content: "hi" }] };
      const answer = await postChat(node.url, body);
      await answer.text();
      return answer.status;
    }),
  );
  // The first reservation takes more than there is; what it gives back lets later ones through, never two at once.
  expect(statuses).toContain(200);
  expect(statuses.filter((status) => status === 200)).toHaveLength(counter.calls);
  expect(counter.calls).toBeLessThan(50);
});

interface UsageByNode {
  readonly data: readonly { readonly node: string; readonly calls: number }[];
}

test("every node knows the others, what they do, and that one of them is stopping", async () => {
  const gate = createGate();
  const { model, counter } = createCountingModel(gate.wait);
  const config = createSharedConfig({
    gateway: {
      http: { endpoints: { chatCompletions: { enabled: true } }, metrics: { enabled: true } },
    },
  });
  const [first, second] = await startNodes(2, { model, config });
  const running = ask(first, "talk", "one");
  await expect.poll(() => counter.calls).toBe(1);
  const { node, nodes } = await callAsOperator<NodeList>(first, "status", { allNodes: true });
  expect(nodes).toMatchObject([
    { id: node.id, name: node.name, version: packageVersion, runs: 1, draining: false, self: true },
    { runs: 0, draining: false, self: false },
  ]);
  const metrics = await (await request(second, "/metrics")).text();
  expect(metrics).toContain("openclaw_nodes 2");
  expect(metrics).toContain(
    `openclaw_gateway_node_info{node="${nodes[1]?.name}",node_id="${nodes[1]?.id}"} 1`,
  );

  const stopped = first.stop();
  await expect
    .poll(async () => (await callAsOperator<NodeList>(second, "status", { allNodes: true })).nodes)
    .toMatchObject([
      { id: node.id, draining: true, self: false },
      { draining: false, self: true },
    ]);
  gate.open();
  expect((await running).status).toBe(200);
  await stopped;
  await (await ask(second, "talk", "two")).text();
  await (await ask(second, "talk", "three")).text();
  const report = (await (await request(second, "/usage?groupBy=node")).json()) as UsageByNode;
  expect(new Map(report.data.map((line) => [line.node, line.calls]))).toEqual(
    new Map([
      [node.name, 1],
      [nodes[1]?.name, 2],
    ]),
  );
  expect((await callAsOperator<NodeList>(second, "status", { allNodes: true })).nodes).toHaveLength(1);
});

test("a client sees a run of another node as one of its own", async () => {
  const gate = createGate();
  const long = "word ".repeat(600);
  const model: ModelStream = async function* answer(_call, signal) {
    yield { type: "thinking", text: "hm" };
    yield { type: "text", text: `${long}🎈` };
    await gate.wait(signal);
    yield { type: "text", text: "the end" };
    yield { type: "finish", reason: "stop", usage };
  };
  const [first, second] = await startNodes(2, { model });
  const here = await connectTestSocket(first);
  const there = await connectTestSocket(second);
  // A connection is known to the other nodes when they answer a question that was asked after it.
  await callAsOperator(second, "chat.abort", { sessionKey: "none" });
  await here.request("chat.send", { sessionKey: "talk", message: "hi", idempotencyKey: "run_c" });
  const isRunText = ({ event, payload }: { event?: string; payload?: unknown }): boolean =>
    event === "chat" && JSON.stringify(payload).includes("🎈");
  await there.waitForFrame(isRunText);
  gate.open();
  const isFinal = ({ event, payload }: { event?: string; payload?: unknown }): boolean =>
    event === "chat" && (payload as { state?: string }).state === "final";
  const [own, remote] = [await here.waitForFrame(isFinal), await there.waitForFrame(isFinal)];
  const withoutTimes = (payload: unknown): unknown => {
    const { runId, sessionKey, state, message, stopReason } = payload as Record<string, unknown>;
    const { content } = message as { content: unknown };
    return { runId, sessionKey, state, content, stopReason };
  };
  expect(withoutTimes(remote.payload)).toEqual(withoutTimes(own.payload));
  expect(withoutTimes(remote.payload)).toMatchObject({ content: [{ text: `${long}🎈the end` }] });
  const isEnd = ({ event, payload }: { event?: string; payload?: unknown }): boolean =>
    event === "agent" && JSON.stringify(payload).includes('"phase":"end"');
  expect((await there.waitForFrame(isEnd)).payload).toMatchObject({ runId: "run_c", stream: "lifecycle" });
});

test("process says which node has a background command", async () => {
  const config = createSharedConfig({
    gateway: { tools: { allow: ["exec", "process"] } },
    tools: { allow: ["exec", "process"] },
  });
  const [first, second] = await startNodes(2, { config });
  const invoke = async (gateway: TestGateway, tool: string, args: object): Promise<string> =>
    (await request(gateway, "/tools/invoke", { body: { tool, args } })).text();
  const started = await invoke(first, "exec", { command: "sleep 60", background: true });
  const [sessionId] = /exec_\w+/.exec(started) ?? [];
  const { node } = await callAsOperator<NodeList>(first, "status");
  expect(await invoke(second, "process", { action: "kill", sessionId })).toContain(
    `runs on another node, ${node.name}`,
  );
  expect(await invoke(second, "process", { action: "kill", sessionId: "exec_0" })).toContain(
    "There is no command",
  );
  expect(await invoke(first, "process", { action: "kill", sessionId })).toContain("The command has ended");
});

interface NodeList {
  readonly node: { readonly id: string; readonly name: string };
  readonly nodes: readonly { readonly id: string; readonly name: string }[];
}
