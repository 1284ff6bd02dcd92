import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { compact, summaryTurn } from "../../server/agent/compaction.ts";
import { GatewayError } from "../../server/errors.ts";
import type { Model, ModelCall, Run, Turn } from "../../server/agent/types.ts";
import {
  assistant,
  collect,
  last,
  openTestStore,
  result,
  testRun,
  testRunner,
  texts,
  user,
} from "../support/runs.ts";
import { temporaryFolder } from "../support/gateway.ts";
import { scriptedModel } from "../support/scripted-model.ts";

/** Refuses what is longer than `limit` characters, writes summaries, and keeps what it was given. */
function smallModel(limit: number): { readonly model: Model; readonly seen: ModelCall[] } {
  const seen: ModelCall[] = [];
  return {
    seen,
    async *model(call, signal) {
      seen.push({ ...call, turns: [...call.turns] });
      if (isSummary(call)) yield* scriptedModel([says("They spoke of tea.")])(call, signal);
      else if (JSON.stringify(call.turns).length > limit) {
        yield { type: "error", error: new GatewayError("context_length_exceeded", "too long") };
      } else yield* scriptedModel([says("Yes.")])(call, signal);
    },
  };
}

const isSummary = ({ system }: ModelCall): boolean => system.startsWith("You shorten conversations");

const long = (word: string): string => `${word} `.repeat(200);

const talk: readonly Turn[] = [
  user(long("one")),
  assistant("", "c1"),
  result("c1", long("two")),
  assistant(long("three")),
  user(long("four")),
  assistant("", "c2"),
  result("c2", long("five")),
  assistant("ok"),
  user("Still there?"),
];

const withWindow = (run: Run, contextWindow: number): Run => ({
  ...run,
  models: run.models.map((model) => ({ ...model, contextWindow })),
});

/** No call without its result, no result without its call. */
function expectPairs({ turns }: ModelCall): void {
  const open = new Set<string>();
  for (const turn of turns) {
    if (turn.role === "assistant") for (const { id } of turn.calls) open.add(id);
    if (turn.role === "tool") expect(open.delete(turn.callId)).toBe(true);
  }
  expect([...open]).toEqual([]);
}

test("a conversation that a provider finds too long is summarized, and the run goes on", async () => {
  const { model, seen } = smallModel(4_000);
  const events = await collect(testRunner().runAgent(testRun({ model, turns: talk })));
  expect(texts(events)).toBe("Yes.");
  expect(events.map(({ type }) => type)).toContain("compaction");
  const answered = seen.at(-1);
  expect(answered?.turns[0]).toMatchObject({ role: "user", summary: true });
  expect(JSON.stringify(answered?.turns[0])).toContain("They spoke of tea.");
  expect(answered?.turns.at(-1)).toEqual(user("Still there?"));
});

test("a conversation near the model's window is summarized before it is sent", async () => {
  const { model, seen } = smallModel(1_000_000);
  const events = await collect(testRunner().runAgent(withWindow(testRun({ model, turns: talk }), 1_000)));
  expect(events.map(({ type }) => type)).toEqual(["start", "compaction", "text", "step", "end"]);
  expect(seen.map(isSummary)).toEqual([true, false]);
});

test("what was asked stays as it was asked, however often a long piece of work is summarized", async () => {
  const { model, seen } = smallModel(100_000);
  const work = (from: number): readonly Turn[] =>
    [from, from + 1].flatMap((n) => [assistant("", `c${n}`), result(`c${n}`, long("five"))]);
  const named = { ref: "test/0", call: model };
  const { signal } = new AbortController();
  const first = await compact({ turns: [user("Count to ünf."), ...work(1)] }, named, 200, signal);
  const turns = [summaryTurn(first?.summary ?? ""), ...work(3)];
  const second = await compact({ turns }, named, 200, signal);
  expect(second?.summary).toBe("They spoke of tea.\n\nThe user's request:\nCount to ünf.");
  expect(seen).toHaveLength(2);
  const huge = await compact({ turns: [user(long("one").repeat(100)), ...work(1)] }, named, 200, signal);
  expect(huge?.summary.length).toBeLessThan(500);
});

test("wherever it is cut, a call stays with its result", async () => {
  for (let window = 60; window < 1_400; window += 20) {
    const { model, seen } = smallModel(1_000_000);
    await collect(testRunner().runAgent(withWindow(testRun({ model, turns: talk }), window)));
    for (const call of seen) expectPairs(call);
    expect(seen.at(-1)?.turns.at(-1)).toEqual(user("Still there?"));
  }
});

test("only truncation disabled makes it an error, with or without a known window", async () => {
  const asked = testRun({ model: smallModel(100).model, turns: talk, truncation: "disabled" });
  expect(last(await collect(testRunner().runAgent(asked))).error).toMatchObject({
    code: "context_length_exceeded",
  });
  const known = last(await collect(testRunner().runAgent(withWindow(asked, 100)))).error;
  expect(known?.message).toMatch(/^messages: about \d+ tokens do not fit the 100 of test\/0/);
});

test("a single question that is too long stays the provider's error", async () => {
  const { model } = smallModel(100);
  const events = await collect(testRunner().runAgent(testRun({ model, turns: [user(long("one"))] })));
  expect(last(events).error).toMatchObject({ code: "context_length_exceeded", message: "too long" });
});

test("a stored session keeps the summary: the next run starts from it", async () => {
  const store = await openTestStore(`${temporaryFolder()}/sessions.sqlite`);
  const { runAgent } = testRunner(store);
  const sessionKey = "agent:main:tea";
  const { model, seen } = smallModel(4_000);
  await collect(runAgent(testRun({ model, turns: talk, sessionKey })));
  await collect(
    runAgent(testRun({ model, turns: [...talk, assistant("Yes."), user("And now?")], sessionKey })),
  );
  const [summary, ...rest] = seen.at(-1)?.turns ?? [];
  expect(summary).toMatchObject({ summary: true });
  expect(rest.slice(-3)).toMatchObject([
    user("Still there?"),
    { role: "assistant", text: "Yes." },
    user("And now?"),
  ]);
  expect(seen.filter(isSummary)).toHaveLength(1);
  await store.close();
});
