import { expect, test } from "vitest";
import { calls, ends, says, thinks } from "../../contracts/examples/script.ts";
import { ask, chatOn, postChat, startTestGateway, temporaryFolder } from "../support/gateway.ts";
import { finish, gatedModel, scriptedModel, sequence } from "../support/scripted-model.ts";
import { connect, finalAnswer } from "../support/socket.ts";

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

test("agent answers twice: accepted at once, and the result when the run has ended", async () => {
  const gateway = await startTestGateway({ model: scriptedModel([says("hel"), says("lo")]) });
  const socket = await connect(gateway);
  const accepted = await socket.call("agent", hi);
  expect(accepted.payload).toEqual({
    runId: "key-1",
    status: "accepted",
    sessionKey: "agent:main:main",
    acceptedAt: expect.any(Number),
  });
  const final = await finalAnswer(socket, accepted.id ?? "");
  expect(final.payload).toMatchObject({
    runId: "key-1",
    status: "ok",
    result: {
      payloads: [{ text: "hello" }],
      meta: { stopReason: "stop", agentMeta: { agentId: "main", usage: { totalTokens: 2 } } },
    },
  });
});

test("a run is told as it happens: numbered from 1, each text whole and by what is new", async () => {
  const { model } = sequence(
    [thinks("hm"), says("I look"), calls("c1", "session_status", "{}")],
    [says("do"), says("ne"), ends({ input: 5, output: 2 })],
  );
  const gateway = await startTestGateway({ model });
  const socket = await connect(gateway);
  await socket.call("agent", hi);
  await socket.frame(isFinal);
  const told = socket.events("agent") as readonly AgentEvent[];
  expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
  expect(told.map(({ stream, data }) => [stream, data["phase"] ?? data["text"], data["delta"]])).toEqual([
    ["lifecycle", "start", undefined],
    ["thinking", "hm", "hm"],
    ["assistant", "I look", "I look"],
    ["tool", "start", undefined],
    ["tool", "result", undefined],
    ["assistant", "do", "do"],
    ["assistant", "done", "ne"],
    ["lifecycle", "end", undefined],
  ]);
  expect(told.every(({ runId, sessionKey }) => runId === "key-1" && sessionKey === "agent:main:main")).toBe(
    true,
  );
});

test("chat.send answers at once; deltas come at most every 150 ms, and final has everything", async () => {
  const { model, give } = gatedModel();
  const gateway = await startTestGateway({ model });
  const socket = await connect(gateway);
  const arrivals: number[] = [];
  socket.ws.on("message", (data: Buffer) => {
    if (data.toString().includes('"state":"delta"')) arrivals.push(performance.now());
  });
  const sent = await socket.ask("chat.send", { ...hi, sessionKey: "talk" });
  expect(sent).toEqual({ runId: "key-1", status: "started" });
  for (let i = 0; i < 20; i += 1) {
    give({ type: "text", text: `${i} ` });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  give(finish);
  const { payload } = await socket.frame(isFinal);
  const all = Array.from({ length: 20 }, (_, i) => `${i} `).join("");
  expect(payload).toMatchObject({ state: "final", message: { content: [{ type: "text", text: all }] } });
  const deltas = (socket.events("chat") as readonly ChatEvent[]).filter(({ state }) => state === "delta");
  expect(deltas.length).toBeGreaterThan(1);
  const texts = deltas.map(({ message }) => message?.content[0]?.text ?? "");
  expect(deltas.map(({ deltaText }) => deltaText).join("")).toBe(texts.at(-1));
  for (let i = 1; i < arrivals.length; i += 1) {
    // The clock of the sender and of the reader differ by what the way takes.
    expect((arrivals[i] ?? 0) - (arrivals[i - 1] ?? 0)).toBeGreaterThan(100);
  }
});

test("a run of HTTP is seen on a socket, waited for and aborted there", async () => {
  const { model, give, called } = gatedModel();
  const gateway = await startTestGateway({ model });
  const socket = await connect(gateway);
  const reply = postChat(gateway.url, ask("hi"), { headers: { "x-openclaw-session-key": "shared" } });
  await called();
  give({ type: "text", text: "half" });
  const seen = await socket.frame(
    ({ event, payload }) => event === "agent" && (payload as AgentEvent).stream === "assistant",
  );
  const { runId, sessionKey } = seen.payload as AgentEvent;
  expect(sessionKey).toBe("agent:main:shared");
  expect(await socket.ask("agent.wait", { runId, timeoutMs: 20 })).toEqual({ runId, status: "timeout" });
  const wait = socket.ask("agent.wait", { runId });
  expect(await socket.ask("chat.abort", { sessionKey: "shared" })).toEqual({
    ok: true,
    aborted: true,
    runIds: [runId],
  });
  expect((await reply).status).toBe(409);
  expect(await wait).toMatchObject({ status: "error", stopReason: "aborted", errorCode: "run_aborted" });
  expect((await socket.frame(isFinal)).payload).toMatchObject({
    state: "aborted",
    message: { content: [{ text: "half" }] },
  });
});

test("what was said on the socket is the session that HTTP continues", async () => {
  const { model, seen } = sequence([says("I will remember")], [says("Ada")]);
  const gateway = await startTestGateway({ model });
  const socket = await connect(gateway);
  const { id = "" } = await socket.call("agent", { ...hi, message: "I am Ada", sessionKey: "who" });
  await finalAnswer(socket, id);
  await postChat(gateway.url, ask("who am I?"), { headers: { "x-openclaw-session-key": "who" } });
  expect(seen[1]?.turns.map((turn) => turn.role)).toEqual(["user", "assistant", "user"]);
});

test("an abort that comes right after accepted is never too early", async () => {
  const { model } = gatedModel();
  const gateway = await startTestGateway({ model });
  const socket = await connect(gateway);
  const { id = "" } = await socket.call("agent", hi);
  const aborted = await socket.ask("chat.abort", { sessionKey: "main", runId: "key-1" });
  expect(aborted).toMatchObject({ aborted: true, runIds: ["key-1"] });
  expect((await finalAnswer(socket, id)).error).toMatchObject({
    code: "ABORTED",
    details: { code: "run_aborted" },
  });
});

test("a run whose turn never comes is told by its end", async () => {
  const { model, give, called } = gatedModel();
  const gateway = await startTestGateway({
    config: { gateway: { limits: { maxWaitingPerSession: 0 } } },
    model,
  });
  const socket = await connect(gateway);
  await socket.ask("chat.send", { ...hi, sessionKey: "main" });
  await called();
  const second = { ...hi, sessionKey: "main", idempotencyKey: "key-2" };
  expect(await socket.ask("chat.send", second)).toEqual({ runId: "key-2", status: "started" });
  expect((await socket.frame(isFinal)).payload).toMatchObject({
    runId: "key-2",
    state: "error",
    errorKind: "session_busy",
  });
  expect((socket.events("agent") as readonly AgentEvent[]).filter(({ runId }) => runId === "key-2")).toEqual([
    expect.objectContaining({
      seq: 1,
      stream: "lifecycle",
      data: expect.objectContaining({ phase: "error" }),
    }),
  ]);
  give(finish);
});

test("a key that was used gives the same answer, across connections and a restart, and the model is asked once", async () => {
  const { model, seen } = sequence([says("once")]);
  const stateDir = temporaryFolder();
  const first = await startTestGateway({ model, stateDir });
  const socket = await connect(first);
  const { id = "" } = await socket.call("agent", hi);
  const { payload } = await finalAnswer(socket, id);
  const again = await connect(first);
  expect(await again.ask("agent", hi)).toEqual(payload);
  await first.stop();
  const second = await startTestGateway({ model, stateDir });
  const later = await connect(second);
  expect(await later.ask("agent", hi)).toEqual(payload);
  expect(seen).toHaveLength(1);
  const { error } = await later.call("agent", { ...hi, message: "something else" });
  expect(error).toMatchObject({ code: "INVALID_REQUEST", details: { code: "idempotency_mismatch" } });
});

test("the twin of a run that is at work is told so, and can wait for it", async () => {
  const { model, give, called } = gatedModel();
  const gateway = await startTestGateway({ model });
  const socket = await connect(gateway);
  await socket.call("agent", hi);
  await called();
  const twin = await connect(gateway);
  expect(await twin.ask("agent", hi)).toMatchObject({ runId: "key-1", status: "in_flight" });
  const end = twin.ask("agent.wait", { runId: "key-1" });
  give(finish);
  expect(await end).toMatchObject({ status: "ok", stopReason: "stop" });
});

test("a run goes on when its caller leaves", async () => {
  const { model, give, called } = gatedModel();
  const gateway = await startTestGateway({ model });
  const socket = await connect(gateway);
  await socket.call("agent", hi);
  await called();
  socket.ws.terminate();
  await socket.closed;
  const other = await connect(gateway);
  give({ type: "text", text: "there" });
  give(finish);
  expect((await other.frame(isFinal)).payload).toMatchObject({ state: "final" });
  expect(await other.ask("agent", hi)).toMatchObject({
    status: "ok",
    result: { payloads: [{ text: "there" }] },
  });
});

test("a run that takes longer than it may fails with its own code", async () => {
  const { model } = gatedModel();
  const gateway = await startTestGateway({ model });
  const socket = await connect(gateway);
  const { id = "" } = await socket.call("agent", { ...hi, timeout: 1 });
  expect((await finalAnswer(socket, id)).error).toMatchObject({
    code: "AGENT_TIMEOUT",
    details: { code: "run_timeout" },
  });
});

test("events are counted on every connection, without gaps", async () => {
  const gateway = await startTestGateway({ config: chatOn, model: scriptedModel([says("hello")]) });
  const [one, two] = [await connect(gateway), await connect(gateway, { scopes: ["operator.read"] })];
  const { id = "" } = await one.call("agent", hi);
  await finalAnswer(one, id);
  await two.frame(isFinal);
  for (const { frames } of [one, two]) {
    const counted = frames.flatMap(({ seq }) => seq ?? []);
    expect(counted).toEqual(counted.map((_, index) => index + 1));
  }
  const nobody = await connect(gateway, { scopes: [] });
  await one.call("agent", { ...hi, idempotencyKey: "key-2" });
  await one.frame((frame) => isFinal(frame) && (frame.payload as AgentEvent).runId === "key-2");
  expect(nobody.events("agent")).toEqual([]);
});
