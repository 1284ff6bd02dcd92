/** What of a request is new to its session, and what the conversation then is. Pure. */
import { GatewayError } from "../../errors.ts";
import { summaryTurn } from "../compaction.ts";
import type { AssistantTurn, Part, ToolTurn, Turn } from "../types.ts";
import type { StoredEntry } from "./store.ts";

export interface StoredTurn {
  readonly seq: number;
  readonly turn: Turn;
}

export interface Continuation {
  /** Turns that stay of the stored ones. */
  readonly kept: readonly Turn[];
  /** Set when the stored turns after this entry are replaced. */
  readonly rewindTo: number | undefined;
  /** The new turns, and where in the request they begin. */
  readonly added: readonly Turn[];
  readonly addedFrom: number;
}

/**
 * An empty session is seeded with everything that was sent. Afterwards only what follows the last assistant turn
 * is new. A question that repeats the session's last one replaces it, when that is unanswered or was asked after the
 * same assistant turn: clients regenerate and retry by sending it again.
 */
export function continueTranscript(
  entries: readonly StoredEntry[],
  sent: readonly Turn[],
  param: string,
): Continuation {
  const stored = visibleTurns(entries);
  const addedFrom = stored.length === 0 ? 0 : sent.findLastIndex(isOutput) + 1;
  const added = sent.slice(addedFrom);
  if (added.length === 0) {
    const wanted =
      stored.length === 0
        ? "The session is new and nothing but instructions was sent."
        : "Nothing is new after the last assistant message.";
    throw new GatewayError("invalid_value", `${param}: ${wanted} Send a user or tool message last.`, {
      param,
    });
  }
  const rewindTo = repeatedQuestion(stored, sent.slice(0, addedFrom), added);
  const kept = rewindTo === undefined ? stored : stored.filter(({ seq }) => seq <= rewindTo);
  return { kept: kept.map(({ turn }) => turn), rewindTo, added, addedFrom };
}

/** The turns that rewinds and compactions have left. */
export function visibleTurns(entries: readonly StoredEntry[]): readonly StoredTurn[] {
  const turns: StoredTurn[] = [];
  for (const { seq, entry } of entries) {
    if (entry.kind === "turn") turns.push({ seq, turn: entry.turn });
    if (entry.kind === "rewind") {
      while ((turns.at(-1)?.seq ?? 0) > entry.to) turns.pop();
    }
    if (entry.kind === "compaction") {
      const stays = turns.length - entry.kept;
      const last = turns[stays - 1];
      if (last !== undefined) turns.splice(0, stays, { seq: last.seq, turn: summaryTurn(entry.summary) });
    }
  }
  return turns;
}

/** The entry to rewind to when `added` is the session's last question again. */
function repeatedQuestion(
  stored: readonly StoredTurn[],
  before: readonly Turn[],
  added: readonly Turn[],
): number | undefined {
  const turns = stored.map(({ turn }) => turn);
  const questionEnd = turns.findLastIndex((turn) => !isOutput(turn)) + 1;
  const questionStart = turns.slice(0, questionEnd).findLastIndex(isOutput) + 1;
  if (questionEnd === 0) return undefined;
  if (!sameInput(turns.slice(questionStart, questionEnd), added)) return undefined;
  const unanswered = questionEnd === turns.length;
  if (!unanswered && !sameAnswer(turns.slice(0, questionStart), before)) return undefined;
  return questionStart === 0 ? 0 : stored[questionStart - 1]?.seq;
}

/** Written by the agent, not by its caller. */
function isOutput(turn: Turn): boolean {
  if (turn.role === "user") return turn.summary === true;
  return turn.role === "assistant" || turn.own === true;
}

function sameInput(a: readonly Turn[], b: readonly Turn[]): boolean {
  return a.length === b.length && a.every((turn, i) => inputText(turn) === inputText(b[i]));
}

function inputText(turn: Turn | undefined): string {
  if (turn === undefined || turn.role === "assistant") return "";
  return JSON.stringify([turn.role, turn.role === "tool" ? turn.callId : "", turn.content.map(partText)]);
}

function partText(part: Part): string {
  return part.type === "text" ? part.text : part.data;
}

/** Do both end with the same answer? What a client sees of one is its text and the calls it was asked to make. */
function sameAnswer(a: readonly Turn[], b: readonly Turn[]): boolean {
  return lastAnswer(a) === lastAnswer(b);
}

function lastAnswer(turns: readonly Turn[]): string {
  const start = turns.findLastIndex((turn) => !isOutput(turn)) + 1;
  const answer = turns.slice(start).filter((turn): turn is AssistantTurn => turn.role === "assistant");
  const results = new Set(turns.slice(start).map((turn) => (turn.role === "tool" ? turn.callId : "")));
  const clientCalls = answer
    .flatMap(({ calls }) => calls.map(({ id }) => id))
    .filter((id) => !results.has(id));
  return JSON.stringify([
    answer
      .map(({ text }) => text)
      .join("")
      .trim(),
    clientCalls,
  ]);
}

/**
 * The conversation as providers demand it: every tool result answers an earlier call, every call has a result.
 * `params[i]` names turn `from + i` for the caller, whose results must answer a call that waits; a missing one is made up.
 */
export function pairCalls(turns: readonly Turn[], from: number, params: readonly string[]): readonly Turn[] {
  const paired: Turn[] = [];
  const known = new Set<string>();
  let open: string[] = [];
  const closeOpen = (): void => {
    paired.push(...open.map(noResult));
    open = [];
  };
  for (const [index, turn] of turns.entries()) {
    if (turn.role === "tool") {
      if (!open.includes(turn.callId)) {
        // A provider would refuse it, and with it all that is ever said in this session.
        if (index < from) continue;
        throw answersNothing(turn.callId, known, params[index - from]);
      }
      open = open.filter((id) => id !== turn.callId);
    } else {
      closeOpen();
    }
    if (turn.role === "assistant") {
      open = turn.calls.map(({ id }) => id);
      for (const id of open) known.add(id);
    }
    paired.push(turn);
  }
  if (turns.at(-1)?.role !== "assistant") closeOpen();
  return paired;
}

function answersNothing(callId: string, known: ReadonlySet<string>, param: string | undefined): GatewayError {
  const id = JSON.stringify(callId.slice(0, 100));
  const why = known.has(callId)
    ? `the call ${id} has a result already, or the conversation went on without one`
    : `the conversation has no call ${id}`;
  return new GatewayError("unknown_tool_call_id", `${param ?? "A tool result"}: ${why}`, { param });
}

const unanswered = "No result: the conversation went on before this call was answered.";

function noResult(callId: string): ToolTurn {
  return { role: "tool", callId, content: [{ type: "text", text: unanswered }], own: true };
}

/** A result that stands for one that never came. */
export function isMadeUp(turn: Turn): boolean {
  return (
    turn.role === "tool" && turn.own === true && turn.content.some((part) => partText(part) === unanswered)
  );
}
