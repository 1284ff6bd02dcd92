/** The event loop serves other connections between the steps over a long entry of a session. */
import { expect, onTestFinished, test } from "vitest";
import { createConversationCache } from "../../server/agent/sessions/conversation-cache.ts";
import { createEntryReader, readEntries, toRows } from "../../server/agent/sessions/entry-rows.ts";
import type { Entry } from "../../server/agent/sessions/store.ts";

const createEntry = (text: string): Entry => ({
  kind: "turn",
  runId: "run_1",
  turn: { role: "user", content: [{ type: "text", text }] },
});
const long = createEntry("语".repeat(1_000_001));
const readEntry = createEntryReader(undefined);

/** Counts the turns of the event loop until the test has finished. */
function countTurns(): { readonly count: number } {
  const turns = { count: 0 };
  const countTurn = (): void => {
    turns.count += 1;
    immediate = setImmediate(countTurn);
  };
  let immediate = setImmediate(countTurn);
  onTestFinished(() => clearImmediate(immediate));
  return turns;
}

test("a long entry is serialized, checked, parsed and cached in different turns of the event loop", async () => {
  const turns = countTurns();
  const rows = await toRows("session_1", 0, 0, [long]);
  const serialized = turns.count;
  expect(serialized).toBeGreaterThanOrEqual(2);
  const [read] = await readEntries(rows, readEntry);
  expect(read?.entry).toEqual(long);
  const parsed = turns.count;
  expect(parsed - serialized).toBeGreaterThanOrEqual(2);
  const cache = createConversationCache(readEntry);
  const window = { entries: [], characters: 0 };
  const conversation = { id: "session_1", fence: 1, credential: "operator", updatedAt: 0, window };
  await cache.put("agent:main:main", conversation, rows);
  expect(turns.count - parsed).toBeGreaterThanOrEqual(2);
  expect(cache.find("agent:main:main")?.window.entries).toEqual([read]);
});

test("short entries are serialized and cached in one turn of the event loop", async () => {
  const turns = countTurns();
  const rows = await toRows("session_1", 4, 0, Array<Entry>(100).fill(createEntry("hello")));
  await readEntries(rows, readEntry);
  expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 5));
  expect(turns.count).toBe(0);
});
