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

describe("what of a request is new", () => {
  test("an empty session is seeded with everything", () => {
    const sent = [userTurn("a"), assistantTurn("b"), userTurn("c")];
    expect(planContinuation([], ...sent)).toEqual({
      baseTurns: [],
      rewindTo: undefined,
      newTurns: sent,
      newTurnsStart: 0,
    });
  });

  test("afterwards only what follows the last assistant message is new", () => {
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

  test("nothing new is an error that says what to send", () => {
    expect(() =>
      planContinuation(entries(userTurn("a"), assistantTurn("b")), userTurn("a"), assistantTurn("b")),
    ).toThrow("messages: Nothing is new after the last assistant message. Send a user or tool message last.");
    expect(() => planContinuation([])).toThrow(/The session is new and nothing but instructions was sent/);
  });
});

describe("a question asked again replaces the last one", () => {
  test("when that is unanswered", () => {
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

  test("when the first question of all is sent again", () => {
    expect(planContinuation(entries(userTurn("a"), assistantTurn("b")), userTurn("a"))).toMatchObject({
      baseTurns: [],
      rewindTo: 0,
    });
  });

  test("but not when another answer has come between", () => {
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

  test("and not when a client without history says the same again", () => {
    const stored = entries(userTurn("a"), assistantTurn("b"), userTurn("yes"), assistantTurn("d"));
    expect(planContinuation(stored, userTurn("yes"))).toMatchObject({ rewindTo: undefined });
  });

  test("tool results too, told apart by the calls that they answer", () => {
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

  test("what an interrupted run left is a question without an answer", () => {
    const stored = entries(userTurn("a"), { kind: "interrupted", runId: null });
    expect(planContinuation(stored, userTurn("a"))).toMatchObject({ baseTurns: [], rewindTo: 0 });
    expect(planContinuation(stored, userTurn("b"))).toMatchObject({
      baseTurns: [userTurn("a")],
      rewindTo: undefined,
    });
  });
});

describe("calls and results are paired", () => {
  test("a call without a result gets one that says so", () => {
    const turns = pairCalls(
      [userTurn("a"), assistantTurn("", "c1", "c2"), toolTurn("c1", "1"), userTurn("go on")],
      0,
      [],
    );
    expect(turns).toHaveLength(5);
    expect(turns[3]).toMatchObject({ role: "tool", callId: "c2", own: true });
  });

  test("a result that answers nothing is an error naming its place", () => {
    expect(() => pairCalls([userTurn("a"), toolTurn("nope", "1")], 1, ["messages[4].tool_call_id"])).toThrow(
      'messages[4].tool_call_id: the conversation has no call "nope"',
    );
  });

  test("a second result, and one that comes too late, is an error; a stored one is passed over", () => {
    const repeatedResults = [
      userTurn("a"),
      assistantTurn("", "c1"),
      toolTurn("c1", "1"),
      assistantTurn("b"),
      toolTurn("c1", "2"),
    ];
    expect(() =>
      pairCalls(
        repeatedResults,
        0,
        repeatedResults.map((_, index) => `messages[${index}]`),
      ),
    ).toThrow('messages[4]: the call "c1" has a result already, or the conversation went on without one');
    const lateResult = [userTurn("a"), assistantTurn("", "c1"), userTurn("never mind"), toolTurn("c1", "1")];
    expect(() => pairCalls(lateResult, 3, ["messages[0]"])).toThrow(
      'messages[0]: the call "c1" has a result',
    );
    expect(pairCalls([...repeatedResults, userTurn("go on")], 5, ["messages[0]"])).toEqual([
      ...repeatedResults.slice(0, 4),
      userTurn("go on"),
    ]);
  });

  test("a conversation that ends with calls is left open", () => {
    const turns = [userTurn("a"), assistantTurn("", "c1")];
    expect(pairCalls(turns, 0, [])).toEqual(turns);
  });
});
