/** The runs and sessions of one credential are visible to that credential and to the operator only. */
import { noBus } from "../../server/lib/node-bus.ts";
import { expect, onTestFinished, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { createRunOutcomes } from "../../server/agent/run-outcomes.ts";
import { createBroadcaster, type Connection } from "../../server/socket/broadcaster.ts";
import type { ConnectionWriter } from "../../server/socket/connection-writer.ts";
import { broadcastRuns } from "../../server/socket/run-broadcast.ts";
import { createSubscriptions, subscribe } from "../../server/socket/subscriptions.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { finishEvent, createGatedModel, createScriptedModel } from "../support/providers/scripted-model.ts";
import { collectEvents, createTestRun, createTestRunner } from "../support/runs/runs.ts";
import { connectTestSocket, type Frame } from "../support/sockets/socket.ts";
import { appendEntries, openStore, userEntry } from "../support/runs/stores.ts";

interface Listener {
  readonly connection: Connection;
  /** Names of the received events, with their states. */
  readonly sent: readonly string[];
}

function createListener(name: string): Listener {
  const sent: string[] = [];
  const { signal } = new AbortController();
  const writer: ConnectionWriter = {
    getSignal: () => signal,
    sendResult: () => {},
    sendError: () => {},
    sendUnsequenced: () => {},
    close: () => {},
    sendEvent: (event, payload) => {
      const { stream, state, reason } = JSON.parse(payload) as Record<string, string>;
      sent.push(`${event} ${stream ?? state ?? reason}`);
      return true;
    },
  };
  const subscriptions = createSubscriptions();
  subscribe(subscriptions, undefined);
  const connection: Connection = {
    connId: name,
    credential: { name, scopes: ["operator.read"], revoked: signal, countRequest: () => {} },
    scopes: ["operator.read"],
    subscriptions,
    writer,
    wantsDeltas: false,
    presence: {
      connId: name,
      host: name,
      version: "1",
      platform: "test",
      mode: "test",
      reason: "connect",
      ts: 0,
      roles: ["operator"],
      scopes: ["operator.read"],
    },
  };
  return { connection, sent };
}

test("a run and its events are visible to its own credential and to the operator", async () => {
  const store = await openStore();
  const { runAgent, running } = createTestRunner(store);
  const broadcaster = createBroadcaster();
  const listeners = {
    alice: createListener("alice"),
    bob: createListener("bob"),
    operator: createListener("operator"),
  };
  for (const { connection } of Object.values(listeners)) broadcaster.add(connection);
  onTestFinished(
    broadcastRuns({ broadcaster, running, sessions: store.sessions, clock: Date.now, bus: noBus }).stop,
  );
  const outcomes = createRunOutcomes(running, noBus, Date.now);

  const run = createTestRun({
    id: "r1",
    model: createScriptedModel([says("hi")]),
    credential: "alice",
    sessionKey: "agent:main:a",
  });
  await collectEvents(runAgent(run));
  const expected = ["agent lifecycle", "agent assistant", "chat delta", "agent lifecycle", "chat final"];
  const getRunEvents = ({ sent }: Listener): readonly string[] =>
    sent.filter((each) => !each.startsWith("sessions"));
  expect(getRunEvents(listeners.alice)).toEqual(expected);
  expect(getRunEvents(listeners.operator)).toEqual(expected);
  expect(listeners.bob.sent).toEqual([]);

  const soon = (): AbortSignal => AbortSignal.timeout(20);
  expect((await outcomes.wait("r1", "alice", soon()))?.reason).toBe("stop");
  expect((await outcomes.wait("r1", "operator", soon()))?.reason).toBe("stop");
  expect(await outcomes.wait("r1", "bob", soon())).toBeUndefined();
});

test("a run of the operator in the session of another credential is visible to that credential", async () => {
  const store = await openStore();
  await appendEntries(store, "agent:main:a", userEntry("hi"));
  const { runAgent, running } = createTestRunner(store);
  const broadcaster = createBroadcaster();
  const listeners = { alice: createListener("alice"), bob: createListener("bob") };
  for (const { connection } of Object.values(listeners)) broadcaster.add(connection);
  onTestFinished(
    broadcastRuns({ broadcaster, running, sessions: store.sessions, clock: Date.now, bus: noBus }).stop,
  );
  const outcomes = createRunOutcomes(running, noBus, Date.now);
  const waiting = outcomes.wait("r1", "alice", AbortSignal.timeout(10_000));

  const model = createScriptedModel([says("hello")]);
  await collectEvents(runAgent(createTestRun({ id: "r1", model, sessionKey: "agent:main:a" })));
  expect(listeners.alice.sent.filter((each) => !each.startsWith("sessions"))).toEqual([
    "agent lifecycle",
    "agent assistant",
    "chat delta",
    "agent lifecycle",
    "chat final",
  ]);
  expect(listeners.bob.sent).toEqual([]);
  expect((await waiting)?.reason).toBe("stop");
  expect((await outcomes.wait("r1", "alice", AbortSignal.timeout(20)))?.reason).toBe("stop");
  expect(await outcomes.wait("r1", "bob", AbortSignal.timeout(20))).toBeUndefined();
});

test("a changed session is reported to its owner and to the operator", async () => {
  const store = await openStore();
  const broadcaster = createBroadcaster();
  const listeners = {
    alice: createListener("alice"),
    bob: createListener("bob"),
    operator: createListener("operator"),
  };
  for (const { connection } of Object.values(listeners)) broadcaster.add(connection);
  const { running } = createTestRunner(store);
  onTestFinished(
    broadcastRuns({ broadcaster, running, sessions: store.sessions, clock: Date.now, bus: noBus }).stop,
  );
  // The helper appends the entry as alice.
  await appendEntries(store, "agent:main:a", userEntry("hi"));
  await store.sessions.remove("agent:main:a", "operator");
  const expected = ["sessions.changed appended", "sessions.changed deleted"];
  expect(listeners.alice.sent).toEqual(expected);
  expect(listeners.operator.sent).toEqual(expected);
  expect(listeners.bob.sent).toEqual([]);
});

test("a key can follow and abort runs of the operator in its own session only", async () => {
  const { model, emit } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const operator = await connectTestSocket(gateway);
  const { secret } = await operator.request<{ secret: string }>("keys.create", { name: "alice" });
  const alice = await connectTestSocket(gateway, { auth: { token: secret }, scopes: ["operator.write"] });

  const hi = { message: "hi", sessionKey: "a" };
  await alice.request("chat.send", { ...hi, idempotencyKey: "hers" });
  emit(finishEvent);
  const isStartOf = (runId: string) => (frame: Frame) =>
    frame.event === "agent" && (frame.payload as { runId: string }).runId === runId;
  const isChatOf = (runId: string) => (frame: Frame) =>
    frame.event === "chat" && (frame.payload as { runId: string; state: string }).runId === runId;
  await alice.waitForFrame(isChatOf("hers"));

  await operator.request("chat.send", { ...hi, sessionKey: "b", idempotencyKey: "elsewhere" });
  await operator.waitForFrame(isStartOf("elsewhere"));
  expect(await alice.request("chat.abort", { sessionKey: "b" })).toMatchObject({ aborted: false });
  emit(finishEvent);
  await operator.waitForFrame(isChatOf("elsewhere"));

  const hers = "agent:main:key:alice:a";
  await operator.request("chat.send", { ...hi, sessionKey: hers, idempotencyKey: "theirs" });
  await alice.waitForFrame(isStartOf("theirs"));
  expect(await alice.request("chat.abort", { sessionKey: "a" })).toEqual({
    ok: true,
    aborted: true,
    runIds: ["theirs"],
  });
  expect((await alice.waitForFrame(isChatOf("theirs"))).payload).toMatchObject({ state: "aborted" });
  expect(await alice.request("agent.wait", { runId: "theirs" })).toMatchObject({ stopReason: "aborted" });
  expect(alice.frames.some(isChatOf("elsewhere"))).toBe(false);
});
