import { describe, expect, test } from "vitest";
import type { Entry, StoredEntry } from "../../server/agent/sessions/store.ts";
import { continueTranscript, pairCalls } from "../../server/agent/sessions/transcript.ts";
import type { Turn } from "../../server/agent/types.ts";
import { assistant, result, user } from "../support/runs.ts";

const entries = (...list: readonly (Turn | Entry)[]): readonly StoredEntry[] =>
  list.map((item, index) => ({
    seq: index + 1,
    at: 0,
    entry: "kind" in item ? item : { kind: "turn", runId: "r", turn: item },
  }));

const plan = (stored: readonly StoredEntry[], ...sent: readonly Turn[]) =>
  continueTranscript(stored, sent, "messages");

describe("what of a request is new", () => {
  test("an empty session is seeded with everything", () => {
    const sent = [user("a"), assistant("b"), user("c")];
    expect(plan([], ...sent)).toEqual({ kept: [], rewindTo: undefined, added: sent, addedFrom: 0 });
  });

  test("afterwards only what follows the last assistant message is new", () => {
    const stored = entries(user("a"), assistant("b"));
    expect(plan(stored, user("a"), assistant("b"), user("c"), user("d"))).toMatchObject({
      kept: [user("a"), assistant("b")],
      rewindTo: undefined,
      added: [user("c"), user("d")],
      addedFrom: 2,
    });
  });

  test("a client that sends only its newest message adds it", () => {
    expect(plan(entries(user("a"), assistant("b")), user("c"))).toMatchObject({
      added: [user("c")],
      rewindTo: undefined,
    });
  });

  test("nothing new is an error that says what to send", () => {
    expect(() => plan(entries(user("a"), assistant("b")), user("a"), assistant("b"))).toThrow(
      "messages: Nothing is new after the last assistant message. Send a user or tool message last.",
    );
    expect(() => plan([])).toThrow(/The session is new and nothing but instructions was sent/);
  });
});

describe("a question asked again replaces the last one", () => {
  test("when that is unanswered", () => {
    const stored = entries(user("a"), assistant("b"), user("c"));
    expect(plan(stored, user("c"))).toMatchObject({
      kept: [user("a"), assistant("b")],
      rewindTo: 2,
      added: [user("c")],
    });
  });

  test("when the client regenerates: it sends the same question after the same assistant message", () => {
    const stored = entries(user("a"), assistant("b"), user("c"), assistant("d"));
    expect(plan(stored, user("a"), assistant("b"), user("c"))).toMatchObject({
      rewindTo: 2,
      added: [user("c")],
    });
  });

  test("when the first question of all is sent again", () => {
    expect(plan(entries(user("a"), assistant("b")), user("a"))).toMatchObject({ kept: [], rewindTo: 0 });
  });

  test("but not when another answer has come between", () => {
    const stored = entries(user("yes"), assistant("b"), user("yes"), assistant("d"));
    expect(plan(stored, user("yes"), assistant("b"), user("yes"), assistant("d"), user("yes"))).toMatchObject(
      {
        rewindTo: undefined,
        added: [user("yes")],
      },
    );
  });

  test("and not when a client without history says the same again", () => {
    const stored = entries(user("a"), assistant("b"), user("yes"), assistant("d"));
    expect(plan(stored, user("yes"))).toMatchObject({ rewindTo: undefined });
  });

  test("tool results too, told apart by the calls that they answer", () => {
    const stored = entries(user("a"), assistant("", "c1"), result("c1", "42"), assistant("it is 42"));
    const again = [user("a"), assistant("", "c1"), result("c1", "42")];
    expect(plan(stored, ...again)).toMatchObject({ rewindTo: 2, added: [result("c1", "42")] });
  });

  test("a rewind is followed by the next request", () => {
    const stored = entries(
      user("a"),
      assistant("b"),
      { kind: "rewind", runId: "r", to: 0 },
      user("a"),
      assistant("other"),
    );
    expect(plan(stored, user("a"), assistant("other"), user("c")).kept).toEqual([
      user("a"),
      assistant("other"),
    ]);
  });

  test("what an interrupted run left is a question without an answer", () => {
    const stored = entries(user("a"), { kind: "interrupted", runId: null });
    expect(plan(stored, user("a"))).toMatchObject({ kept: [], rewindTo: 0 });
    expect(plan(stored, user("b"))).toMatchObject({ kept: [user("a")], rewindTo: undefined });
  });
});

describe("calls and results are paired", () => {
  test("a call without a result gets one that says so", () => {
    const turns = pairCalls([user("a"), assistant("", "c1", "c2"), result("c1", "1"), user("go on")], 0, []);
    expect(turns).toHaveLength(5);
    expect(turns[3]).toMatchObject({ role: "tool", callId: "c2", own: true });
  });

  test("a result that answers nothing is an error naming its place", () => {
    expect(() => pairCalls([user("a"), result("nope", "1")], 1, ["messages[4].tool_call_id"])).toThrow(
      'messages[4].tool_call_id: the conversation has no call "nope"',
    );
  });

  test("a second result, and one that comes too late, is an error; a stored one is passed over", () => {
    const twice = [user("a"), assistant("", "c1"), result("c1", "1"), assistant("b"), result("c1", "2")];
    expect(() =>
      pairCalls(
        twice,
        0,
        twice.map((_, index) => `messages[${index}]`),
      ),
    ).toThrow('messages[4]: the call "c1" has a result already, or the conversation went on without one');
    const late = [user("a"), assistant("", "c1"), user("never mind"), result("c1", "1")];
    expect(() => pairCalls(late, 3, ["messages[0]"])).toThrow('messages[0]: the call "c1" has a result');
    expect(pairCalls([...twice, user("go on")], 5, ["messages[0]"])).toEqual([
      ...twice.slice(0, 4),
      user("go on"),
    ]);
  });

  test("a conversation that ends with calls is left open", () => {
    const turns = [user("a"), assistant("", "c1")];
    expect(pairCalls(turns, 0, [])).toEqual(turns);
  });
});
