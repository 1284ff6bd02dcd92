import { expect, test } from "vitest";
import { calls, ends, says, thinks } from "../../contracts/examples/script.ts";
import {
  createChatBody,
  chatConfig,
  postChat,
  startTestGateway,
  createTemporaryFolder,
} from "../support/gateway/gateway.ts";
import {
  finishEvent,
  createGatedModel,
  createScriptedModel,
  createModelSequence,
} from "../support/providers/scripted-model.ts";
import { connectTestSocket, waitForFinalResponse } from "../support/sockets/socket.ts";

interface AgentEvent {
  readonly runId: string;
  readonly seq: number;
  readonly stream: string;
  readonly sessionKey?: string;
  readonly data: Readonly<Record<string, unknown>>;
}
interface ChatEvent {
  readonly state: string;
  readonly seq: number;
  readonly deltaText?: string;
  readonly message?: { readonly content: readonly { readonly text: string }[] };
}

const hi = { message: "hi", idempotencyKey: "key-1" };
const isFinal = ({ event, payload }: { event?: string; payload?: unknown }): boolean =>
  event === "chat" && (payload as ChatEvent).state !== "delta";

test("agent sends two responses: accepted at once, and the result when the run has ended", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([says("hel"), says("lo")]) });
  const socket = await connectTestSocket(gateway);
  const accepted = await socket.call("agent", hi);
  expect(accepted.payload).toEqual({
    runId: "key-1",
    status: "accepted",
    sessionKey: "agent:main:main",
    acceptedAt: expect.any(Number),
  });
  const final = await waitForFinalResponse(socket, accepted.id ?? "");
  expect(final.payload).toMatchObject({
    runId: "key-1",
    status: "ok",
    result: {
      payloads: [{ text: "hello" }],
      meta: { stopReason: "stop", agentMeta: { agentId: "main", usage: { totalTokens: 2 } } },
    },
  });
});

test("the events of a run are numbered from 1, and each text event has the full text and the delta", async () => {
  const { model } = createModelSequence(
    [thinks("hm"), says("I look"), calls("c1", "session_status", "{}")],
    [says("do"), says("ne"), ends({ input: 5, output: 2 })],
  );
  const gateway = await startTestGateway({ model });
  const socket = await connectTestSocket(gateway);
  await socket.call("agent", hi);
  await socket.waitForFrame(isFinal);
  const events = socket.eventPayloads("agent") as readonly AgentEvent[];
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.map(({ stream, data }) => [stream, data["phase"] ?? data["text"], data["delta"]])).toEqual([
    ["lifecycle", "start", undefined],
    ["thinking", "hm", "hm"],
    ["assistant", "I look", "I look"],
    ["tool", "start", undefined],
    ["tool", "result", undefined],
    ["assistant", "do", "do"],
    ["assistant", "done", "ne"],
    ["lifecycle", "end", undefined],
  ]);
  expect(events.every(({ runId, sessionKey }) => runId === "key-1" && sessionKey === "agent:main:main")).toBe(
    true,
  );
});

test("chat.send returns at once; deltas are sent at most every 150 ms, and final has the full text", async () => {
  const { model, emit } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const socket = await connectTestSocket(gateway);
  const startedAt = performance.now();
  const sent = await socket.request("chat.send", { ...hi, sessionKey: "talk" });
  expect(sent).toEqual({ runId: "key-1", status: "started" });
  for (let i = 0; i < 20; i += 1) {
    emit({ type: "text", text: `${i} ` });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  emit(finishEvent);
  const { payload } = await socket.waitForFrame(isFinal);
  const elapsedMs = performance.now() - startedAt;
  const all = Array.from({ length: 20 }, (_, i) => `${i} `).join("");
  expect(payload).toMatchObject({ state: "final", message: { content: [{ type: "text", text: all }] } });
  const deltas = (socket.eventPayloads("chat") as readonly ChatEvent[]).filter(
    ({ state }) => state === "delta",
  );
  expect(deltas.length).toBeGreaterThan(1);
  const texts = deltas.map(({ message }) => message?.content[0]?.text ?? "");
  expect(deltas.map(({ deltaText }) => deltaText).join("")).toBe(texts.at(-1));
  // One is sent at once, and one more may precede the final event.
  expect(deltas.length).toBeLessThanOrEqual(2 + elapsedMs / 150);
});

test("a run over HTTP can be followed, waited for and aborted over a socket", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const socket = await connectTestSocket(gateway);
  const reply = postChat(gateway.url, createChatBody("hi"), {
    headers: { "x-openclaw-session-key": "shared" },
  });
  await waitForCall();
  emit({ type: "text", text: "half" });
  const seen = await socket.waitForFrame(
    ({ event, payload }) => event === "agent" && (payload as AgentEvent).stream === "assistant",
  );
  const { runId, sessionKey } = seen.payload as AgentEvent;
  expect(sessionKey).toBe("agent:main:shared");
  expect(await socket.request("agent.wait", { runId, timeoutMs: 20 })).toEqual({ runId, status: "timeout" });
  const wait = socket.request("agent.wait", { runId });
  expect(await socket.request("chat.abort", { sessionKey: "shared" })).toEqual({
    ok: true,
    aborted: true,
    runIds: [runId],
  });
  expect((await reply).status).toBe(409);
  expect(await wait).toMatchObject({ status: "error", stopReason: "aborted", errorCode: "run_aborted" });
  expect((await socket.waitForFrame(isFinal)).payload).toMatchObject({
    state: "aborted",
    message: { content: [{ text: "half" }] },
  });
});

test("HTTP continues a session that the socket started", async () => {
  const { model, modelCalls } = createModelSequence([says("I will remember")], [says("Ada")]);
  const gateway = await startTestGateway({ model });
  const socket = await connectTestSocket(gateway);
  const { id = "" } = await socket.call("agent", { ...hi, message: "I am Ada", sessionKey: "who" });
  await waitForFinalResponse(socket, id);
  await postChat(gateway.url, createChatBody("who am I?"), { headers: { "x-openclaw-session-key": "who" } });
  expect(modelCalls[1]?.turns.map((turn) => turn.role)).toEqual(["user", "assistant", "user"]);
});

test("an abort right after accepted aborts the run", async () => {
  const { model } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const socket = await connectTestSocket(gateway);
  const { id = "" } = await socket.call("agent", hi);
  const aborted = await socket.request("chat.abort", { sessionKey: "main", runId: "key-1" });
  expect(aborted).toMatchObject({ aborted: true, runIds: ["key-1"] });
  expect((await waitForFinalResponse(socket, id)).error).toMatchObject({
    code: "ABORTED",
    details: { code: "run_aborted" },
  });
});

test("a run that ends in the queue has only its end event", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({
    config: { gateway: { limits: { maxWaitingPerSession: 0 } } },
    model,
  });
  const socket = await connectTestSocket(gateway);
  await socket.request("chat.send", { ...hi, sessionKey: "main" });
  await waitForCall();
  const second = { ...hi, sessionKey: "main", idempotencyKey: "key-2" };
  expect(await socket.request("chat.send", second)).toEqual({ runId: "key-2", status: "started" });
  expect((await socket.waitForFrame(isFinal)).payload).toMatchObject({
    runId: "key-2",
    state: "error",
    errorKind: "session_busy",
  });
  expect(
    (socket.eventPayloads("agent") as readonly AgentEvent[]).filter(({ runId }) => runId === "key-2"),
  ).toEqual([
    expect.objectContaining({
      seq: 1,
      stream: "lifecycle",
      data: expect.objectContaining({ phase: "error" }),
    }),
  ]);
  emit(finishEvent);
});

test("a used key returns the same result across connections and a restart, and the model is called once", async () => {
  const { model, modelCalls } = createModelSequence([says("once")]);
  const stateDir = createTemporaryFolder();
  const first = await startTestGateway({ model, stateDir });
  const socket = await connectTestSocket(first);
  const { id = "" } = await socket.call("agent", hi);
  const { payload } = await waitForFinalResponse(socket, id);
  const again = await connectTestSocket(first);
  expect(await again.request("agent", hi)).toEqual(payload);
  await first.stop();
  const second = await startTestGateway({ model, stateDir });
  const later = await connectTestSocket(second);
  expect(await later.request("agent", hi)).toEqual(payload);
  expect(modelCalls).toHaveLength(1);
  const { error } = await later.call("agent", { ...hi, message: "something else" });
  expect(error).toMatchObject({ code: "INVALID_REQUEST", details: { code: "idempotency_mismatch" } });
});

test("a repeated call of an active run returns in_flight, and can wait for the run", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const socket = await connectTestSocket(gateway);
  await socket.call("agent", hi);
  await waitForCall();
  const twin = await connectTestSocket(gateway);
  expect(await twin.request("agent", hi)).toMatchObject({ runId: "key-1", status: "in_flight" });
  const end = twin.request("agent.wait", { runId: "key-1" });
  emit(finishEvent);
  expect(await end).toMatchObject({ status: "ok", stopReason: "stop" });
});

test("a run continues when its caller disconnects", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const socket = await connectTestSocket(gateway);
  await socket.call("agent", hi);
  await waitForCall();
  socket.ws.terminate();
  await socket.closed;
  const other = await connectTestSocket(gateway);
  emit({ type: "text", text: "there" });
  emit(finishEvent);
  expect((await other.waitForFrame(isFinal)).payload).toMatchObject({ state: "final" });
  expect(await other.request("agent", hi)).toMatchObject({
    status: "ok",
    result: { payloads: [{ text: "there" }] },
  });
});

test("a run that exceeds its time limit fails with its own code", async () => {
  const { model } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const socket = await connectTestSocket(gateway);
  const { id = "" } = await socket.call("agent", { ...hi, timeout: 1 });
  expect((await waitForFinalResponse(socket, id)).error).toMatchObject({
    code: "AGENT_TIMEOUT",
    details: { code: "run_timeout" },
  });
});

test("events are numbered on every connection, without gaps", async () => {
  const gateway = await startTestGateway({ config: chatConfig, model: createScriptedModel([says("hello")]) });
  const [one, two] = [
    await connectTestSocket(gateway),
    await connectTestSocket(gateway, { scopes: ["operator.read"] }),
  ];
  const { id = "" } = await one.call("agent", hi);
  await waitForFinalResponse(one, id);
  await two.waitForFrame(isFinal);
  for (const { frames } of [one, two]) {
    const counted = frames.flatMap(({ seq }) => seq ?? []);
    expect(counted).toEqual(counted.map((_, index) => index + 1));
  }
  const nobody = await connectTestSocket(gateway, { scopes: [] });
  await one.call("agent", { ...hi, idempotencyKey: "key-2" });
  await one.waitForFrame((frame) => isFinal(frame) && (frame.payload as AgentEvent).runId === "key-2");
  expect(nobody.eventPayloads("agent")).toEqual([]);
});
