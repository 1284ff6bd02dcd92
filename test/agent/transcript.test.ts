import { describe, expect, test } from "vitest";
import type { Entry, StoredEntry } from "../../server/agent/sessions/store.ts";
import { continueTranscript, pairCalls } from "../../server/agent/sessions/transcript.ts";
import type { Turn } from "../../server/agent/types.ts";
import { assistantTurn, toolTurn, userTurn } from "../support/runs/runs.ts";

const entries = (...list: readonly (Turn | Entry)[]): readonly StoredEntry[] =>
  list.map((item, index) => ({
    seq: index + 1,
    at: 0,
    entry: "kind" in item ? item : { kind: "turn", runId: "r", turn: item },
  }));

const planContinuation = (storedEntries: readonly StoredEntry[], ...requestTurns: readonly Turn[]) =>
  continueTranscript(storedEntries, requestTurns, "messages");

describe("the new turns of a request", () => {
  test("an empty session takes all turns", () => {
    const sent = [userTurn("a"), assistantTurn("b"), userTurn("c")];
    expect(planContinuation([], ...sent)).toEqual({
      baseTurns: [],
      rewindTo: undefined,
      newTurns: sent,
      newTurnsStart: 0,
      replacedSystemEvents: [],
    });
  });

  test("otherwise only the turns after the last assistant message are new", () => {
    const stored = entries(userTurn("a"), assistantTurn("b"));
    expect(
      planContinuation(stored, userTurn("a"), assistantTurn("b"), userTurn("c"), userTurn("d")),
    ).toMatchObject({
      baseTurns: [userTurn("a"), assistantTurn("b")],
      rewindTo: undefined,
      newTurns: [userTurn("c"), userTurn("d")],
      newTurnsStart: 2,
    });
  });

  test("a client that sends only its newest message adds it", () => {
    expect(planContinuation(entries(userTurn("a"), assistantTurn("b")), userTurn("c"))).toMatchObject({
      newTurns: [userTurn("c")],
      rewindTo: undefined,
    });
  });

  test("a request without new turns is an error that says what to send", () => {
    expect(() =>
      planContinuation(entries(userTurn("a"), assistantTurn("b")), userTurn("a"), assistantTurn("b")),
    ).toThrow("messages: Nothing is new after the last assistant message. Send a user or tool message last.");
    expect(() => planContinuation([])).toThrow(/The session is new, and the request has only instructions/);
  });
});

describe("a repeated question replaces the last one", () => {
  test("when the last one is unanswered", () => {
    const stored = entries(userTurn("a"), assistantTurn("b"), userTurn("c"));
    expect(planContinuation(stored, userTurn("c"))).toMatchObject({
      baseTurns: [userTurn("a"), assistantTurn("b")],
      rewindTo: 2,
      newTurns: [userTurn("c")],
    });
  });

  test("when the client regenerates: it sends the same question after the same assistant message", () => {
    const stored = entries(userTurn("a"), assistantTurn("b"), userTurn("c"), assistantTurn("d"));
    expect(planContinuation(stored, userTurn("a"), assistantTurn("b"), userTurn("c"))).toMatchObject({
      rewindTo: 2,
      newTurns: [userTurn("c")],
    });
  });

  test("when it is the first question of the session", () => {
    expect(planContinuation(entries(userTurn("a"), assistantTurn("b")), userTurn("a"))).toMatchObject({
      baseTurns: [],
      rewindTo: 0,
    });
  });

  test("but not when another answer came between them", () => {
    const stored = entries(userTurn("yes"), assistantTurn("b"), userTurn("yes"), assistantTurn("d"));
    expect(
      planContinuation(
        stored,
        userTurn("yes"),
        assistantTurn("b"),
        userTurn("yes"),
        assistantTurn("d"),
        userTurn("yes"),
      ),
    ).toMatchObject({
      rewindTo: undefined,
      newTurns: [userTurn("yes")],
    });
  });

  test("and not when a client without history sends the same text again", () => {
    const stored = entries(userTurn("a"), assistantTurn("b"), userTurn("yes"), assistantTurn("d"));
    expect(planContinuation(stored, userTurn("yes"))).toMatchObject({ rewindTo: undefined });
  });

  test("repeated tool results too, matched by their call ids", () => {
    const stored = entries(
      userTurn("a"),
      assistantTurn("", "c1"),
      toolTurn("c1", "42"),
      assistantTurn("it is 42"),
    );
    const repeatedTurns = [userTurn("a"), assistantTurn("", "c1"), toolTurn("c1", "42")];
    expect(planContinuation(stored, ...repeatedTurns)).toMatchObject({
      rewindTo: 2,
      newTurns: [toolTurn("c1", "42")],
    });
  });

  test("a rewind is followed by the next request", () => {
    const stored = entries(
      userTurn("a"),
      assistantTurn("b"),
      { kind: "rewind", runId: "r", to: 0 },
      userTurn("a"),
      assistantTurn("other"),
    );
    expect(planContinuation(stored, userTurn("a"), assistantTurn("other"), userTurn("c")).baseTurns).toEqual([
      userTurn("a"),
      assistantTurn("other"),
    ]);
  });

  test("an interrupted run leaves an unanswered question", () => {
    const stored = entries(userTurn("a"), { kind: "interrupted", runId: null });
    expect(planContinuation(stored, userTurn("a"))).toMatchObject({ baseTurns: [], rewindTo: 0 });
    expect(planContinuation(stored, userTurn("b"))).toMatchObject({
      baseTurns: [userTurn("a")],
      rewindTo: undefined,
    });
  });
});

describe("pairs of calls and results", () => {
  const strict = { paramsStart: 0, params: [], acceptsLateResults: false } as const;
  const tolerant = { ...strict, acceptsLateResults: true } as const;

  test("a late result is put beside its call when the caller may send it late, and a stored one always", () => {
    const question = userTurn("a");
    const call = assistantTurn("", "c1", "c2");
    const turns = [question, call, toolTurn("c2", "2"), userTurn("b"), toolTurn("c1", "1")];
    const paired = [question, call, turns[2], turns[4], turns[3]];
    expect(pairCalls(turns, tolerant)).toEqual(paired);
    expect(pairCalls(turns, { ...strict, paramsStart: turns.length })).toEqual(paired);
  });

  test("a question that is repeated before a late result is left out", () => {
    const turns = [userTurn("a"), assistantTurn("", "c1", "c2")];
    const results = [toolTurn("c1", "1"), toolTurn("c2", "2")];
    const repeated = [...turns, userTurn("a"), ...results];
    expect(pairCalls(repeated, tolerant)).toEqual([...turns, ...results]);
    expect(pairCalls([...repeated, userTurn("a")], tolerant)).toEqual([...turns, ...results, userTurn("a")]);
  });

  test("a result that is sent twice is taken once; alone it is an error", () => {
    const turns = [userTurn("a"), assistantTurn("", "c1"), toolTurn("c1", "1"), toolTurn("c1", "2")];
    expect(pairCalls([...turns, userTurn("b")], tolerant)).toEqual([...turns.slice(0, 3), userTurn("b")]);
    expect(() => pairCalls(turns, { ...tolerant, paramsStart: 3, params: ["input[0].call_id"] })).toThrow(
      'input[0].call_id: the call "c1" has a result already',
    );
  });

  test("a reused id belongs to the last call that has it", () => {
    const turns = [
      userTurn("a"),
      assistantTurn("", "c1"),
      toolTurn("c1", "1"),
      assistantTurn("", "c1"),
      userTurn("b"),
      toolTurn("c1", "2"),
    ];
    expect(pairCalls(turns, tolerant)).toEqual([...turns.slice(0, 4), turns[5], turns[4]]);
  });

  test("a call without a result gets a placeholder", () => {
    const turns = pairCalls(
      [userTurn("a"), assistantTurn("", "c1", "c2"), toolTurn("c1", "1"), userTurn("go on")],
      strict,
    );
    expect(turns).toHaveLength(5);
    expect(turns[3]).toMatchObject({ role: "tool", callId: "c2", own: true });
  });

  test("a result without a call is an error that names its field", () => {
    expect(() =>
      pairCalls([userTurn("a"), toolTurn("nope", "1")], {
        ...strict,
        paramsStart: 1,
        params: ["messages[4].tool_call_id"],
      }),
    ).toThrow('messages[4].tool_call_id: the conversation has no call "nope"');
  });

  test("a second or late result is an error, and a stored one is dropped", () => {
    const repeatedResults = [
      userTurn("a"),
      assistantTurn("", "c1"),
      toolTurn("c1", "1"),
      assistantTurn("b"),
      toolTurn("c1", "2"),
    ];
    expect(() =>
      pairCalls(repeatedResults, {
        ...strict,
        params: repeatedResults.map((_, index) => `messages[${index}]`),
      }),
    ).toThrow('messages[4]: the call "c1" has a result already, or the conversation went on without one');
    const lateResult = [userTurn("a"), assistantTurn("", "c1"), userTurn("never mind"), toolTurn("c1", "1")];
    expect(() => pairCalls(lateResult, { ...strict, paramsStart: 3, params: ["messages[0]"] })).toThrow(
      'messages[0]: the call "c1" has a result',
    );
    expect(
      pairCalls([...repeatedResults, userTurn("go on")], {
        ...strict,
        paramsStart: 5,
        params: ["messages[0]"],
      }),
    ).toEqual([...repeatedResults.slice(0, 4), userTurn("go on")]);
  });

  test("a conversation that ends with calls stays open", () => {
    const turns = [userTurn("a"), assistantTurn("", "c1")];
    expect(pairCalls(turns, strict)).toEqual(turns);
  });
});
