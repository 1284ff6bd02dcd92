/** What one credential does is nobody else's business but the operator's. */
import { expect, onTestFinished, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { createRunEnds } from "../../server/agent/run-ends.ts";
import { createHub, type Connection } from "../../server/socket/hub.ts";
import type { Link } from "../../server/socket/link.ts";
import { createRunFeed } from "../../server/socket/run-feed.ts";
import { createSubscriptions } from "../../server/socket/subscriptions.ts";
import { startTestGateway } from "../support/gateway.ts";
import { finish, gatedModel, scriptedModel } from "../support/scripted-model.ts";
import { collect, testRun, testRunner } from "../support/runs.ts";
import { connect, type Frame } from "../support/socket.ts";
import { add, openStore, said } from "../support/stores.ts";

interface Listener {
  readonly connection: Connection;
  /** Names of the events that it was told, with their states. */
  readonly told: readonly string[];
}

function listener(name: string): Listener {
  const told: string[] = [];
  const link: Link = {
    signal: new AbortController().signal,
    answer: () => {},
    refuse: () => {},
    tellUncounted: () => {},
    close: () => {},
    tell: (event, payload) => {
      const { stream, state, reason } = JSON.parse(payload) as Record<string, string>;
      told.push(`${event} ${stream ?? state ?? reason}`);
    },
  };
  const subscriptions = createSubscriptions();
  subscriptions.add(undefined);
  const connection: Connection = {
    connId: name,
    credential: { name, scopes: ["operator.read"], ended: link.signal, count: () => {} },
    scopes: ["operator.read"],
    subscriptions,
    link,
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
  return { connection, told };
}

test("a run, its events and its end are seen by its own credential and by the operator", async () => {
  const store = await openStore();
  const { runAgent, running } = testRunner(store);
  const hub = createHub();
  const listeners = { alice: listener("alice"), bob: listener("bob"), operator: listener("operator") };
  for (const { connection } of Object.values(listeners)) hub.add(connection);
  onTestFinished(createRunFeed({ hub, running, sessions: store.sessions, clock: Date.now }));
  const ends = createRunEnds(running, Date.now);

  const run = testRun({
    id: "r1",
    model: scriptedModel([says("hi")]),
    credential: "alice",
    sessionKey: "agent:main:a",
  });
  await collect(runAgent(run));
  const expected = ["agent lifecycle", "agent assistant", "chat delta", "agent lifecycle", "chat final"];
  const ofRuns = ({ told }: Listener): readonly string[] =>
    told.filter((each) => !each.startsWith("sessions"));
  expect(ofRuns(listeners.alice)).toEqual(expected);
  expect(ofRuns(listeners.operator)).toEqual(expected);
  expect(listeners.bob.told).toEqual([]);

  const soon = (): AbortSignal => AbortSignal.timeout(20);
  expect((await ends.wait("r1", "alice", soon()))?.end.reason).toBe("stop");
  expect((await ends.wait("r1", "operator", soon()))?.end.reason).toBe("stop");
  expect(await ends.wait("r1", "bob", soon())).toBeUndefined();
});

test("what the operator runs in the session of another is seen, waited for and told as theirs too", async () => {
  const store = await openStore();
  await add(store, "agent:main:a", said("hi"));
  const { runAgent, running } = testRunner(store);
  const hub = createHub();
  const listeners = { alice: listener("alice"), bob: listener("bob") };
  for (const { connection } of Object.values(listeners)) hub.add(connection);
  onTestFinished(createRunFeed({ hub, running, sessions: store.sessions, clock: Date.now }));
  const ends = createRunEnds(running, Date.now);
  const waited = ends.wait("r1", "alice", AbortSignal.timeout(10_000));

  const model = scriptedModel([says("hello")]);
  await collect(runAgent(testRun({ id: "r1", model, sessionKey: "agent:main:a" })));
  expect(listeners.alice.told.filter((each) => !each.startsWith("sessions"))).toEqual([
    "agent lifecycle",
    "agent assistant",
    "chat delta",
    "agent lifecycle",
    "chat final",
  ]);
  expect(listeners.bob.told).toEqual([]);
  expect((await waited)?.end.reason).toBe("stop");
  expect((await ends.wait("r1", "alice", AbortSignal.timeout(20)))?.end.reason).toBe("stop");
  expect(await ends.wait("r1", "bob", AbortSignal.timeout(20))).toBeUndefined();
});

test("a changed session is told to its owner and to the operator", async () => {
  const store = await openStore();
  const hub = createHub();
  const listeners = { alice: listener("alice"), bob: listener("bob"), operator: listener("operator") };
  for (const { connection } of Object.values(listeners)) hub.add(connection);
  const { running } = testRunner(store);
  onTestFinished(createRunFeed({ hub, running, sessions: store.sessions, clock: Date.now }));
  // The store's own helper says it as alice.
  await add(store, "agent:main:a", said("hi"));
  await store.sessions.remove("agent:main:a", "operator");
  const expected = ["sessions.changed appended", "sessions.changed deleted"];
  expect(listeners.alice.told).toEqual(expected);
  expect(listeners.operator.told).toEqual(expected);
  expect(listeners.bob.told).toEqual([]);
});

test("with a key: runs of the operator in its session are followed and aborted, in no other one", async () => {
  const { model, give } = gatedModel();
  const gateway = await startTestGateway({ model });
  const operator = await connect(gateway);
  const { secret } = await operator.ask<{ secret: string }>("keys.create", { name: "alice" });
  const alice = await connect(gateway, { auth: { token: secret }, scopes: ["operator.write"] });

  const hi = { message: "hi", sessionKey: "a" };
  await alice.ask("chat.send", { ...hi, idempotencyKey: "hers" });
  give(finish);
  const begun = (runId: string) => (frame: Frame) =>
    frame.event === "agent" && (frame.payload as { runId: string }).runId === runId;
  const ended = (runId: string) => (frame: Frame) =>
    frame.event === "chat" && (frame.payload as { runId: string; state: string }).runId === runId;
  await alice.frame(ended("hers"));

  await operator.ask("chat.send", { ...hi, sessionKey: "b", idempotencyKey: "elsewhere" });
  await operator.frame(begun("elsewhere"));
  expect(await alice.ask("chat.abort", { sessionKey: "b" })).toMatchObject({ aborted: false });
  give(finish);
  await operator.frame(ended("elsewhere"));

  await operator.ask("chat.send", { ...hi, idempotencyKey: "theirs" });
  await alice.frame(begun("theirs"));
  expect(await alice.ask("chat.abort", { sessionKey: "a" })).toEqual({
    ok: true,
    aborted: true,
    runIds: ["theirs"],
  });
  expect((await alice.frame(ended("theirs"))).payload).toMatchObject({ state: "aborted" });
  expect(await alice.ask("agent.wait", { runId: "theirs" })).toMatchObject({ stopReason: "aborted" });
  expect(alice.frames.some(ended("elsewhere"))).toBe(false);
});
