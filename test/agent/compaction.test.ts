import { toModel } from "../../server/agent/models/model-stream.ts";
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { compact, createSummaryTurn, estimateTokens } from "../../server/agent/compaction.ts";
import type { Entry, SessionStore } from "../../server/agent/sessions/store.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import type { ModelStream, ModelCall, Run, Turn } from "../../server/agent/types.ts";
import {
  assistantTurn,
  collectEvents,
  findEnd,
  openTestStore,
  toolTurn,
  createTestRun,
  createTestRunner,
  joinText,
  userTurn,
} from "../support/runs/runs.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";
import { modelTurn } from "../support/runs/turns.ts";
import { getCalls } from "../../server/agent/parts.ts";

/** A model that rejects turns of more than `limit` characters, writes summaries, and records its calls. */
function createSmallModel(limit: number): { readonly model: ModelStream; readonly calls: ModelCall[] } {
  const calls: ModelCall[] = [];
  return {
    calls,
    async *model(call, signal) {
      calls.push({ ...call, turns: [...call.turns] });
      if (isSummary(call)) yield* createScriptedModel([says("They spoke of tea.")])(call, signal);
      else if (JSON.stringify(call.turns).length > limit) {
        yield { type: "error", error: new GatewayError("context_length_exceeded", "too long") };
      } else yield* createScriptedModel([says("Yes.")])(call, signal);
    },
  };
}

const isSummary = ({ system }: ModelCall): boolean => system.startsWith("You shorten conversations");

const longText = (word: string): string => `${word} `.repeat(200);

const conversation: readonly Turn[] = [
  userTurn(longText("one")),
  assistantTurn("", "c1"),
  toolTurn("c1", longText("two")),
  assistantTurn(longText("three")),
  userTurn(longText("four")),
  assistantTurn("", "c2"),
  toolTurn("c2", longText("five")),
  assistantTurn("ok"),
  userTurn("Still there?"),
];

const createWindowedRun = (run: Run, contextWindow: number): Run => ({
  ...run,
  models: run.models.map((model) => ({ ...model, contextWindow })),
});

/** Expects that every call has its result and every result its call. */
function expectPairs({ turns }: ModelCall): void {
  const open = new Set<string>();
  for (const turn of turns) {
    for (const { id } of getCalls(turn)) open.add(id);
    if (turn.role === "tool") expect(open.delete(turn.callId)).toBe(true);
  }
  expect([...open]).toEqual([]);
}

test("a conversation that the provider rejects as too long is compacted, and the run goes on", async () => {
  const { model, calls } = createSmallModel(4_000);
  const events = await collectEvents(
    createTestRunner().runAgent(createTestRun({ model, turns: conversation })),
  );
  expect(joinText(events)).toBe("Yes.");
  expect(events.map(({ type }) => type)).toContain("compaction");
  const lastCall = calls.at(-1);
  expect(lastCall?.turns[0]).toMatchObject({ role: "user", summary: true });
  expect(JSON.stringify(lastCall?.turns[0])).toContain("They spoke of tea.");
  expect(lastCall?.turns.at(-1)).toEqual(userTurn("Still there?"));
});

test("a conversation near the context window of the model is compacted before it is sent", async () => {
  const { model, calls } = createSmallModel(1_000_000);
  const events = await collectEvents(
    createTestRunner().runAgent(createWindowedRun(createTestRun({ model, turns: conversation }), 1_000)),
  );
  expect(events.map(({ type }) => type)).toEqual(["start", "compaction", "text", "step", "end"]);
  expect(calls.map(isSummary)).toEqual([true, false]);
});

const createSummaryOptions = (keepTokens: number): Parameters<typeof compact>[2] => ({
  keepTokens,
  signal: new AbortController().signal,
  accountCall: (_, makeCall) => makeCall(undefined),
});

test("the user's request stays word for word, however often a long task is compacted", async () => {
  const { model, calls } = createSmallModel(100_000);
  const createToolTurns = (from: number): readonly Turn[] =>
    [from, from + 1].flatMap((n) => [assistantTurn("", `c${n}`), toolTurn(`c${n}`, longText("five"))]);
  const namedModel = { ref: "test/0", call: toModel(model) };
  const options = createSummaryOptions(200);
  const first = await compact(
    { turns: [userTurn("Count to ünf."), ...createToolTurns(1)] },
    namedModel,
    options,
  );
  const turns = [createSummaryTurn(first?.summary ?? ""), ...createToolTurns(3)];
  const second = await compact({ turns }, namedModel, options);
  expect(second?.summary).toBe("They spoke of tea.\n\nThe user's request:\nCount to ünf.");
  expect(calls).toHaveLength(2);
  const hugeCompaction = await compact(
    { turns: [userTurn(longText("one").repeat(100)), ...createToolTurns(1)] },
    namedModel,
    options,
  );
  expect(hugeCompaction?.summary.length).toBeLessThan(500);
});

test("a call stays with its result, wherever the conversation is split", async () => {
  for (let window = 60; window < 1_400; window += 20) {
    const { model, calls } = createSmallModel(1_000_000);
    await collectEvents(
      createTestRunner().runAgent(createWindowedRun(createTestRun({ model, turns: conversation }), window)),
    );
    for (const call of calls) expectPairs(call);
    expect(calls.at(-1)?.turns.at(-1)).toEqual(userTurn("Still there?"));
  }
});

test("only `truncation: disabled` makes it an error, with or without a known context window", async () => {
  const run = createTestRun({
    model: createSmallModel(100).model,
    turns: conversation,
    truncation: "disabled",
  });
  expect(findEnd(await collectEvents(createTestRunner().runAgent(run))).error).toMatchObject({
    code: "context_length_exceeded",
  });
  const knownWindowError = findEnd(
    await collectEvents(createTestRunner().runAgent(createWindowedRun(run, 100))),
  ).error;
  expect(knownWindowError?.message).toMatch(
    /^messages: the prompt is too long: \d+ tokens > 100 maximum \(test\/0/,
  );
});

test("a single question that is too long returns the error of the provider", async () => {
  const { model } = createSmallModel(100);
  const events = await collectEvents(
    createTestRunner().runAgent(createTestRun({ model, turns: [userTurn(longText("one"))] })),
  );
  expect(findEnd(events).error).toMatchObject({ code: "context_length_exceeded", message: "too long" });
});

test("a stored session keeps the summary: the next run starts from it", async () => {
  const store = await openTestStore(`${createTemporaryFolder()}/sessions.sqlite`);
  const { runAgent } = createTestRunner(store);
  const sessionKey = "agent:main:tea";
  const { model, calls } = createSmallModel(4_000);
  await collectEvents(runAgent(createTestRun({ model, turns: conversation, sessionKey })));
  await collectEvents(
    runAgent(
      createTestRun({
        model,
        turns: [...conversation, assistantTurn("Yes."), userTurn("And now?")],
        sessionKey,
      }),
    ),
  );
  const [summary, ...rest] = calls.at(-1)?.turns ?? [];
  expect(summary).toMatchObject({ summary: true });
  expect(rest.slice(-3)).toMatchObject([
    userTurn("Still there?"),
    modelTurn({ text: "Yes." }),
    userTurn("And now?"),
  ]);
  expect(calls.filter(isSummary)).toHaveLength(1);
  await store.close();
});

/** A session from before there was a limit: 260 000 tokens in 1 000 turns. */
async function storeLongSession(store: SessionStore, sessionKey: string): Promise<void> {
  const entries = Array.from({ length: 1_000 }, (_, index): Entry => {
    const text = `${index} `.padEnd(1_040, "x");
    return { kind: "turn", runId: "run_1", turn: index % 2 === 0 ? userTurn(text) : assistantTurn(text) };
  });
  const lease = await store.acquire(sessionKey, { agentId: "main", credential: "operator" });
  await lease.release(entries);
}

test("a long session of a model whose window is unknown is compacted by its next turn, which says so", async () => {
  const store = await openTestStore(`${createTemporaryFolder()}/sessions.sqlite`);
  const { runAgent, lines } = createTestRunner(store);
  const sessionKey = "agent:main:long";
  await storeLongSession(store, sessionKey);
  const { model, calls } = createSmallModel(Infinity);
  const run = (): Run => createTestRun({ model, sessionKey, turns: [userTurn("And now?")] });
  expect((await collectEvents(runAgent(run()))).map(({ type }) => type)).toContain("compaction");
  expect(lines[0]).toMatchObject({ sessionKey, turns: 1_001, model: "test/0" });
  const [summaryCall, firstCall] = calls;
  expect(firstCall && estimateTokens(firstCall)).toBeLessThan(128_000 * 0.4 + 2_000);
  // The summary call fits too. It leaves turns out, and says how many.
  expect(JSON.stringify(summaryCall?.turns).length).toBeLessThan(110_000);
  expect(JSON.stringify(summaryCall?.turns)).toMatch(/User: 0 x.*\[\d+ older turns are left out\.\]/);
  await collectEvents(runAgent(run()));
  expect(calls.map(isSummary)).toEqual([true, false, false]);
  await store.close();
});

test("`contextTokens` of the agent limits every conversation, also below the window of the model", async () => {
  for (const contextWindow of [undefined, 1_000_000]) {
    const { model, calls } = createSmallModel(Infinity);
    const run = createTestRun({ model, turns: conversation, agent: { contextTokens: 1_000 } });
    const models = run.models.map((named) => ({ ...named, contextWindow }));
    await collectEvents(createTestRunner().runAgent({ ...run, models }));
    expect(calls.map(isSummary)).toEqual([true, false]);
  }
});

test("without `contextTokens` a model of unknown window gets all that the caller sends, and not all of a long chain", async () => {
  const turns = Array.from({ length: 600 }, () => [userTurn(longText("one")), assistantTurn("ok")]).flat();
  const { model, calls } = createSmallModel(Infinity);
  const run = createTestRun({ model, turns: [...turns, userTurn("Still there?")] });
  await collectEvents(createTestRunner().runAgent(run));
  expect(calls.map(isSummary)).toEqual([false]);
  await collectEvents(createTestRunner().runAgent({ ...run, earlierCount: turns.length }));
  expect(calls.map(isSummary)).toEqual([false, true, false]);
});
