/** System events wait for the next run of their session, which gets them once, and never between a call and its result. */
import { expect, test } from "vitest";
import { limits } from "../../contracts/limits.ts";
import type { Store } from "../../server/agent/sessions/sql-store.ts";
import type { Turn } from "../../server/agent/types.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import {
  assistantTurn,
  createTestRun,
  createTestRunner,
  foldEvents,
  toolTurn,
  userTurn,
} from "../support/runs/runs.ts";
import { createStorePath, openStore, openStoreWithSql } from "../support/runs/stores.ts";
import { readText } from "../support/runs/turns.ts";

const sessionKey = "agent:main:main";
const { systemEvents: maxSystemEvents } = limits;
const at = Date.UTC(2026, 0, 1);
const heading = "System events from programs since the last message:";
const createText = (...texts: readonly string[]): string =>
  [heading, ...texts.map((text) => `[2026-01-01T00:00:00.000Z] ${text}`)].join("\n");

/** Returns a function that runs the agent, and resolves to the texts that its model has got. */
function createAsk(store: Store): (...turns: readonly Turn[]) => Promise<readonly string[]> {
  const { model, modelCalls } = createModelSequence([{ text: "Yes." }]);
  const { runAgent } = createTestRunner(store);
  return async (...turns) => {
    await foldEvents(runAgent(createTestRun({ model, sessionKey, turns })));
    return modelCalls.at(-1)?.turns.map(readText) ?? [];
  };
}

test("system events come before the question of the next run, once, also after a restart", async () => {
  const file = createStorePath();
  const first = await openStore({ file, clock: () => at });
  const answers: unknown[] = [];
  for (const text of ["built", "built", "deployed"])
    answers.push(await first.systemEvents.add(sessionKey, text));
  expect(answers).toEqual(["queued", "coalesced", "queued"]);
  await first.close();
  const ask = createAsk(await openStore({ file, clock: () => at }));
  expect(await ask(userTurn("What is new?"))).toEqual([createText("built", "deployed"), "What is new?"]);
  expect(await ask(userTurn("And now?"))).toEqual([
    createText("built", "deployed"),
    "What is new?",
    "Yes.",
    "And now?",
  ]);
});

test("a run of a cached session takes its system events, and those of other sessions stay", async () => {
  const store = await openStore({ clock: () => at });
  const ask = createAsk(store);
  await ask(userTurn("one"));
  await store.systemEvents.add(sessionKey, "built");
  await store.systemEvents.add("agent:coder:main", "for another agent");
  expect(await ask(userTurn("two"))).toEqual(["one", "Yes.", createText("built"), "two"]);
});

test("a question that is asked again keeps its system events", async () => {
  const store = await openStore({ clock: () => at });
  const ask = createAsk(store);
  await store.systemEvents.add(sessionKey, "built");
  await ask(userTurn("What is new?"));
  await store.systemEvents.add(sessionKey, "deployed");
  expect(await ask(userTurn("What is new?"))).toEqual([
    createText("built"),
    createText("deployed"),
    "What is new?",
  ]);
  expect(await ask(userTurn("Thanks"))).toHaveLength(5);
});

test("a tool's result stays right after its call", async () => {
  const store = await openStore({ clock: () => at });
  const ask = createAsk(store);
  await ask(userTurn("Look"), assistantTurn("", "call_1"), toolTurn("call_1", "a file"));
  await store.systemEvents.add(sessionKey, "built");
  const { model } = createModelSequence([{ call: { id: "call_2", name: "look", fragments: ["{}"] } }]);
  const tools = [{ name: "look", description: "", parameters: {} }];
  const { runAgent } = createTestRunner(store);
  await foldEvents(runAgent(createTestRun({ model, sessionKey, tools, turns: [userTurn("Again")] })));
  await store.systemEvents.add(sessionKey, "deployed");
  const texts = await ask(toolTurn("call_2", "another file"));
  expect(texts.slice(-2)).toEqual(["another file", createText("deployed")]);
});

test("system events stay when a run is rejected", async () => {
  const store = await openStore({ clock: () => at });
  const ask = createAsk(store);
  await ask(userTurn("one"));
  await store.systemEvents.add(sessionKey, "built");
  await expect(ask(userTurn("one"), assistantTurn("Yes."))).rejects.toThrow("Nothing is new");
  expect(await ask(userTurn("two"))).toEqual(["one", "Yes.", createText("built"), "two"]);
});

test("the oldest system events are deleted beyond the limit, and all of them after 30 days", async () => {
  let now = at;
  const { store, runSql } = await openStoreWithSql({ clock: () => now });
  const add = (text: number): Promise<unknown> => store.systemEvents.add(sessionKey, String(text));
  for (let text = 1; text <= maxSystemEvents + 2; text += 1) await add(text);
  const list = async (): Promise<readonly unknown[]> =>
    (await runSql("select text from system_events order by seq")).map(({ text }) => text);
  expect(await list()).toEqual(Array.from({ length: maxSystemEvents }, (_, index) => String(index + 3)));
  now += 31 * 86_400_000;
  await add(99);
  await store.cleanUp();
  expect(await list()).toEqual(["99"]);
  await Promise.all(Array.from({ length: 30 }, (_, index) => add(100 + index)));
  expect(await list()).toHaveLength(maxSystemEvents);
});
