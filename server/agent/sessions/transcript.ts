/** Finds what is new in a request to a session, and computes the resulting conversation. Pure functions. */
import { GatewayError } from "../../lib/errors.ts";
import { createSummaryTurn } from "../compaction.ts";
import { getCalls, getText } from "../parts.ts";
import type { AssistantTurn, Part, ToolTurn, Turn } from "../types.ts";
import type { StoredEntry } from "./store.ts";

export interface StoredTurn {
  readonly seq: number;
  readonly turn: Turn;
}

export interface Continuation {
  /** Stored turns that stay. */
  readonly baseTurns: readonly Turn[];
  /** `seq` of the entry after which stored turns are replaced. */
  readonly rewindTo: number | undefined;
  /** Turns that the request adds. */
  readonly newTurns: readonly Turn[];
  /** Index of the first new turn in the request. */
  readonly newTurnsStart: number;
  /** System events among the turns that are replaced. */
  readonly replacedSystemEvents: readonly Turn[];
}

/**
 * An empty session takes all turns of the request. Otherwise only the turns after the last assistant turn are new. A
 * question that repeats the last one of the session replaces it if that one is unanswered or follows the same assistant
 * turn, because clients regenerate and retry by sending the question again. Throws `invalid_value` when nothing is new.
 */
export function continueTranscript(
  entries: readonly StoredEntry[],
  requestTurns: readonly Turn[],
  param: string,
): Continuation {
  const storedTurns = selectVisibleTurns(entries);
  const newTurnsStart = storedTurns.length === 0 ? 0 : requestTurns.findLastIndex(isOutput) + 1;
  const newTurns = requestTurns.slice(newTurnsStart);
  if (newTurns.length === 0) {
    const reason =
      storedTurns.length === 0
        ? "The session is new, and the request has only instructions."
        : "Nothing is new after the last assistant message.";
    throw new GatewayError("invalid_value", `${param}: ${reason} Send a user or tool message last.`, {
      param,
    });
  }
  const rewindTo = findRepeatedQuestion(storedTurns, requestTurns.slice(0, newTurnsStart), newTurns);
  const baseTurns = rewindTo === undefined ? storedTurns : storedTurns.filter(({ seq }) => seq <= rewindTo);
  const replacedSystemEvents = storedTurns
    .slice(baseTurns.length)
    .flatMap(({ turn }) => (isSystemEvent(turn) ? [turn] : []));
  return {
    baseTurns: baseTurns.map(({ turn }) => turn),
    rewindTo,
    newTurns,
    newTurnsStart,
    replacedSystemEvents,
  };
}

/**
 * Like `continueTranscript`, for a conversation of OpenAI's API: all turns of the request are new. A run that the gateway
 * did not survive has added nothing.
 */
export function continueConversation(
  entries: readonly StoredEntry[],
  requestTurns: readonly Turn[],
  param: string,
): Continuation {
  const rewindTo = findInterruptedStart(entries);
  const storedTurns = selectVisibleTurns(entries).filter(({ seq }) => seq <= (rewindTo ?? Infinity));
  if (storedTurns.length + requestTurns.length === 0) {
    const reason = "The conversation is empty, and the request has nothing for the model.";
    throw new GatewayError("invalid_value", `${param}: ${reason} Send a message.`, { param });
  }
  const baseTurns = storedTurns.map(({ turn }) => turn);
  return { baseTurns, rewindTo, newTurns: requestTurns, newTurnsStart: 0, replacedSystemEvents: [] };
}

/** Returns the `seq` before the run that was at work when the gateway stopped, if it was the last one. */
function findInterruptedStart(entries: readonly StoredEntry[]): number | undefined {
  const [last, interruption] = entries.slice(-2).map(({ entry }) => entry);
  if (interruption?.kind !== "interrupted" || last?.kind === "items" || last?.kind === "deletion")
    return undefined;
  const first = entries.find(({ entry }) => entry.runId !== null && entry.runId === last?.runId);
  return first && first.seq - 1;
}

/** Returns the turns that remain after rewinds, deletions and compactions. */
export function selectVisibleTurns(entries: readonly StoredEntry[]): readonly StoredTurn[] {
  const turns: StoredTurn[] = [];
  for (const { seq, entry } of entries) {
    if (entry.kind === "turn") turns.push({ seq, turn: entry.turn });
    if (entry.kind === "rewind") {
      while ((turns.at(-1)?.seq ?? 0) > entry.to) turns.pop();
    }
    if (entry.kind === "deletion" && entry.change !== undefined) {
      const { seq: changedSeq, turn } = entry.change;
      const index = turns.findIndex((stored) => stored.seq === changedSeq && !isSummary(stored.turn));
      if (index >= 0) turns.splice(index, 1, ...(turn === undefined ? [] : [{ seq: changedSeq, turn }]));
    }
    if (entry.kind === "compaction") {
      const replacedCount = turns.length - entry.kept;
      const lastReplaced = turns[replacedCount - 1];
      if (lastReplaced !== undefined)
        turns.splice(0, replacedCount, { seq: lastReplaced.seq, turn: createSummaryTurn(entry.summary) });
    }
  }
  return turns;
}

/** Returns the `seq` to rewind to when `newTurns` repeats the last question of the session. */
function findRepeatedQuestion(
  storedTurns: readonly StoredTurn[],
  earlierTurns: readonly Turn[],
  newTurns: readonly Turn[],
): number | undefined {
  const turns = storedTurns.map(({ turn }) => turn);
  const questionEnd = turns.findLastIndex((turn) => !isOutput(turn)) + 1;
  const questionStart = turns.slice(0, questionEnd).findLastIndex(isOutput) + 1;
  if (questionEnd === 0) return undefined;
  const question = turns.slice(questionStart, questionEnd).filter((turn) => !isSystemEvent(turn));
  if (!isSameInput(question, newTurns)) return undefined;
  const isUnanswered = questionEnd === turns.length;
  if (!isUnanswered && !isSameAnswer(turns.slice(0, questionStart), earlierTurns)) return undefined;
  return questionStart === 0 ? 0 : storedTurns[questionStart - 1]?.seq;
}

const isSystemEvent = (turn: Turn): boolean => turn.role === "user" && turn.systemEvent === true;

const isSummary = (turn: Turn): boolean => turn.role === "user" && turn.summary === true;

/** True for a turn that the agent wrote, not its caller. */
function isOutput(turn: Turn): boolean {
  return isSummary(turn) || turn.role === "assistant" || (turn.role === "tool" && turn.own === true);
}

function isSameInput(a: readonly Turn[], b: readonly Turn[]): boolean {
  return a.length === b.length && a.every((turn, i) => formatInput(turn) === formatInput(b[i]));
}

function formatInput(turn: Turn | undefined): string {
  if (turn === undefined || turn.role === "assistant") return "";
  return JSON.stringify([turn.role, turn.role === "tool" ? turn.callId : "", turn.content.map(getPartData)]);
}

function getPartData(part: Part): string {
  return part.type === "text" ? part.text : part.data;
}

/** Compares what a client sees of the last answer: its text and the calls for the client. */
function isSameAnswer(a: readonly Turn[], b: readonly Turn[]): boolean {
  return formatLastAnswer(a) === formatLastAnswer(b);
}

function formatLastAnswer(turns: readonly Turn[]): string {
  const start = turns.findLastIndex((turn) => !isOutput(turn)) + 1;
  const answerTurns = turns.slice(start).filter((turn): turn is AssistantTurn => turn.role === "assistant");
  const answeredCallIds = new Set(
    turns.slice(start).map((turn) => (turn.role === "tool" ? turn.callId : "")),
  );
  const clientCalls = answerTurns
    .flatMap((turn) => getCalls(turn).map(({ id }) => id))
    .filter((id) => !answeredCallIds.has(id));
  return JSON.stringify([
    answerTurns
      .map((turn) => getText(turn))
      .join("")
      .trim(),
    clientCalls,
  ]);
}

interface PairOptions {
  /** Index of the first turn of the caller. Turns before it are stored ones. */
  readonly paramsStart: number;
  /** The caller's names of its turns, for error messages. */
  readonly params: readonly string[];
  /** Whether a result may come anywhere after its call, and again. */
  readonly acceptsLateResults: boolean;
}

/** A turn that is no tool result, with the results of its calls. */
interface TurnWithResults {
  readonly turn: Turn;
  readonly position: number;
  readonly results: Turn[];
  readonly openCallIds: Set<string>;
  /** Whether the turn repeats the question before a call whose result comes after it. */
  isRepeated: boolean;
  /** Position up to which the turns after it were compared with its question. */
  comparedUntil: number;
}

/**
 * Returns the conversation as providers require it: every tool result follows its call, and every call has a result. A
 * call without one gets a placeholder. A result that comes twice is taken once. A question that its caller repeats before
 * a late result is left out: at the end of the conversation, the model would call again. Throws `unknown_tool_call_id`
 * when a result of the caller belongs to no call, and, without `acceptsLateResults`, to no open one.
 */
export function pairCalls(
  turns: readonly Turn[],
  { paramsStart, params, acceptsLateResults }: PairOptions,
): readonly Turn[] {
  if (!turns.some(isCallOrResult)) return turns;
  const groups: TurnWithResults[] = [];
  const callers = new Map<string, TurnWithResults>();
  let acceptedCount = 0;
  let repeated: GatewayError | undefined;
  for (const [index, turn] of turns.entries()) {
    const isStored = index < paramsStart;
    if (turn.role !== "tool") {
      const openCallIds = new Set(turn.role === "assistant" ? getCalls(turn).map(({ id }) => id) : []);
      const position = groups.length;
      const comparedUntil = position + 1;
      const group = { turn, position, results: [], openCallIds, isRepeated: false, comparedUntil };
      groups.push(group);
      for (const id of openCallIds) callers.set(id, group);
      if (!isStored) acceptedCount += 1;
      continue;
    }
    const caller = callers.get(turn.callId);
    const isInPlace = isStored || acceptsLateResults || caller === groups.at(-1);
    if (caller !== undefined && isInPlace && caller.openCallIds.delete(turn.callId)) {
      caller.results.push(turn);
      if (!isStored && caller !== groups.at(-1)) markRepeatedQuestions(groups, caller);
      if (!isStored) acceptedCount += 1;
      continue;
    }
    // A provider would reject a stored result like this, and with it every later request of the session.
    if (isStored) continue;
    repeated = createUnknownCallError(turn.callId, caller !== undefined, params[index - paramsStart]);
    if (caller === undefined || !acceptsLateResults) throw repeated;
  }
  // A request that has only repeated results has nothing for the model.
  if (repeated !== undefined && acceptedCount === 0) throw repeated;
  const endsWithCalls = turns.at(-1)?.role === "assistant";
  return groups.flatMap(({ turn, position, results, openCallIds, isRepeated }) => {
    if (isRepeated) return [];
    const isOpenEnd = endsWithCalls && position === groups.length - 1;
    return [turn, ...results, ...(isOpenEnd ? [] : [...openCallIds].map(createPlaceholderResult))];
  });
}

const isCallOrResult = (turn: Turn): boolean =>
  turn.role === "tool" ||
  (turn.role === "assistant" && turn.content.some(({ type }) => type === "tool_call"));

/** Marks the turns after the caller that repeat a question right before it. Each turn is compared once. */
function markRepeatedQuestions(groups: readonly TurnWithResults[], caller: TurnWithResults): void {
  const later = groups.slice(caller.comparedUntil).filter(({ turn }) => turn.role === "user");
  caller.comparedUntil = groups.length;
  if (later.length === 0) return;
  const questions = new Set<string>();
  for (let at = caller.position - 1; groups[at]?.turn.role === "user"; at -= 1)
    questions.add(formatInput(groups[at]?.turn));
  for (const group of later) group.isRepeated = questions.has(formatInput(group.turn));
}

function createUnknownCallError(callId: string, isKnown: boolean, param: string | undefined): GatewayError {
  const id = JSON.stringify(callId.slice(0, 100));
  const reason = isKnown
    ? `the call ${id} has a result already, or the conversation went on without one`
    : `the conversation has no call ${id}`;
  return new GatewayError("unknown_tool_call_id", `${param ?? "A tool result"}: ${reason}`, { param });
}

const placeholderText = "No result: the conversation went on before this call was answered.";

function createPlaceholderResult(callId: string): ToolTurn {
  return { role: "tool", callId, content: [{ type: "text", text: placeholderText }], own: true };
}

/** True for the placeholder of a missing result. */
export function isPlaceholderResult(turn: Turn): boolean {
  return (
    turn.role === "tool" &&
    turn.own === true &&
    turn.content.some((part) => getPartData(part) === placeholderText)
  );
}
