/** What one credential does is nobody else's business but the operator's. */
import { expect, onTestFinished, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { createRunEnds } from "../../server/agent/run-ends.ts";
import { createHub, type Connection } from "../../server/socket/hub.ts";
import type { Link } from "../../server/socket/link.ts";
import { createRunFeed } from "../../server/socket/run-feed.ts";
import { createSubscriptions } from "../../server/socket/subscriptions.ts";
import { scriptedModel } from "../support/scripted-model.ts";
import { collect, testRun, testRunner } from "../support/runs.ts";
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
    credential: { name },
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

test("a changed session is told to its owner and to the operator", async () => {
  const store = await openStore();
  const hub = createHub();
  const listeners = { alice: listener("alice"), bob: listener("bob"), operator: listener("operator") };
  for (const { connection } of Object.values(listeners)) hub.add(connection);
  const { running } = testRunner(store);
  onTestFinished(createRunFeed({ hub, running, sessions: store.sessions, clock: Date.now }));
  // The store's own helper says it as alice.
  await add(store, "agent:main:a", said("hi"));
  await expect.poll(() => listeners.alice.told).toEqual(["sessions.changed appended"]);
  expect(listeners.operator.told).toEqual(["sessions.changed appended"]);
  expect(listeners.bob.told).toEqual([]);
});
