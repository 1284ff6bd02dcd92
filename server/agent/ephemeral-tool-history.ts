/**
 * Remembers the calls and results of agent tools in ephemeral runs that end with a call for the client. The client sends
 * back only the turns that it saw, and the next run restores the others from here.
 */
import { createHash } from "node:crypto";
import { getCalls } from "./parts.ts";
import type { TurnsByPosition, ToolTurns } from "./tool-turns.ts";
import type { Run, Turn } from "./types.ts";

interface RestoredConversation {
  readonly turns: readonly Turn[];
  readonly params: readonly string[];
}

export interface EphemeralToolHistory {
  /** Saves the new turns of a run if it ends with calls for its client. A promise when nodes share the turns. */
  save(run: Run, newTurns: readonly Turn[]): void | Promise<void>;
  /**
   * Returns the conversation of the request with the saved turns restored at their positions. A promise when nodes share the
   * turns; it rejects with `storage_unavailable`.
   */
  restore(run: Run): RestoredConversation | Promise<RestoredConversation>;
}

export function createEphemeralToolHistory(toolTurns: ToolTurns): EphemeralToolHistory {
  return {
    save(run, newTurns) {
      if (!newTurns.some(isAgentToolResult)) return;
      const id = findLastClientCallId(newTurns, run);
      if (id === undefined) return;
      const prefix = createPrefixDigest(run);
      for (const turn of run.turns) prefix.append(turn);
      return toolTurns.save({
        position: prefix.positionOfCall(id),
        credential: run.credential,
        turns: newTurns,
      });
    },
    restore(run) {
      // A chain of stored responses contains these turns already.
      const isUnchanged =
        toolTurns.isEmpty() || !run.turns.some(hasCalls) || run.turns.some(isAgentToolResult);
      if (isUnchanged) return restoreTurns(run, [], new Map());
      const positions = listPositions(run);
      const saved = toolTurns.find(
        run.credential,
        positions.filter((position) => position !== undefined),
      );
      return saved instanceof Promise
        ? saved.then((turns) => restoreTurns(run, positions, turns))
        : restoreTurns(run, positions, saved);
    },
  };
}

/** Returns the position of the last call of each turn; undefined for a turn without calls. */
function listPositions(run: Run): readonly (string | undefined)[] {
  const prefix = createPrefixDigest(run);
  return run.turns.map((turn) => {
    const id = getCalls(turn).at(-1)?.id;
    const position = id === undefined ? undefined : prefix.positionOfCall(id);
    prefix.append(turn);
    return position;
  });
}

function restoreTurns(
  { turns, turnParams, turnsParam }: Run,
  positions: readonly (string | undefined)[],
  saved: TurnsByPosition,
): RestoredConversation {
  const restored = turns.flatMap((turn, index) => {
    const param = turnParams[index] ?? turnsParam;
    const position = positions[index];
    const savedTurns = position === undefined ? undefined : saved.get(position);
    return (savedTurns ?? [turn]).map((each) => ({ turn: each, param }));
  });
  return { turns: restored.map(({ turn }) => turn), params: restored.map(({ param }) => param) };
}

/** Hashes a conversation up to a call. A call id alone is no position, because models reuse ids between conversations. */
function createPrefixDigest({ credential, agent, instructions }: Run): {
  readonly append: (turn: Turn) => void;
  readonly positionOfCall: (callId: string) => string;
} {
  const hash = createHash("sha256").update(JSON.stringify([credential, agent.id, instructions]));
  return {
    append: (turn) => void hash.update(JSON.stringify(turn, omitCacheControl)),
    positionOfCall: (callId) => hash.copy().update(callId).digest("base64url"),
  };
}

/** Clients move their breakpoints from request to request. */
const omitCacheControl = (key: string, value: unknown): unknown =>
  key === "cacheControl" ? undefined : value;

function hasCalls(turn: Turn): boolean {
  return getCalls(turn).length > 0;
}

function findLastClientCallId(newTurns: readonly Turn[], run: Run): string | undefined {
  const names = new Set(run.tools.map(({ name }) => name));
  const last = newTurns.findLast((turn) => turn.role === "assistant");
  return last && getCalls(last).findLast(({ name }) => names.has(name))?.id;
}

function isAgentToolResult(turn: Turn): boolean {
  return turn.role === "tool" && turn.own === true;
}
