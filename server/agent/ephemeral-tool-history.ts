/**
 * Remembers the calls and results of agent tools in ephemeral runs that end with a call for the client. The client sends
 * back only the turns that it saw, and the next run restores the others from here.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../lib/ports.ts";
import { getCalls } from "./parts.ts";
import type { Run, Turn } from "./types.ts";

export interface EphemeralToolHistory {
  /** Saves the new turns of a run if it ends with calls for its client. */
  save(run: Run, newTurns: readonly Turn[]): void;
  /** Returns the conversation of the request with the saved turns restored at their positions. */
  restore(run: Run): { readonly turns: readonly Turn[]; readonly params: readonly string[] };
}

interface SavedTurns {
  readonly turns: readonly Turn[];
  readonly characters: number;
  readonly until: number;
}

const ttlMs = 3_600_000;
const maxCharacters = 32 * 1024 * 1024;

/** Keeps the history in memory, for an hour, up to a size limit. The oldest turns are evicted first. */
export function createEphemeralToolHistory(clock: Clock): EphemeralToolHistory {
  /** By the position of the last call for the client, oldest first. */
  const byPosition = new Map<string, SavedTurns>();
  let characters = 0;

  const evict = (position: string): void => {
    characters -= byPosition.get(position)?.characters ?? 0;
    byPosition.delete(position);
  };
  const find = (position: string): readonly Turn[] | undefined => {
    const saved = byPosition.get(position);
    return saved === undefined || saved.until <= clock() ? undefined : saved.turns;
  };

  return {
    save(run, newTurns) {
      if (!newTurns.some(isAgentToolResult)) return;
      const id = findLastClientCallId(newTurns, run);
      if (id === undefined) return;
      const prefix = createPrefixDigest(run);
      for (const turn of run.turns) prefix.append(turn);
      const position = prefix.positionOfCall(id);
      const sizeInCharacters = JSON.stringify(newTurns).length;
      evict(position);
      byPosition.set(position, { turns: newTurns, characters: sizeInCharacters, until: clock() + ttlMs });
      characters += sizeInCharacters;
      for (const [oldestPosition, saved] of byPosition) {
        if (characters <= maxCharacters && saved.until > clock()) break;
        evict(oldestPosition);
      }
    },
    restore(run) {
      const params = run.turns.map((_, index) => run.turnParams[index] ?? run.turnsParam);
      // A chain of stored responses contains these turns already.
      const isUnchanged =
        byPosition.size === 0 || !run.turns.some(hasCalls) || run.turns.some(isAgentToolResult);
      if (isUnchanged) return { turns: run.turns, params };
      const prefix = createPrefixDigest(run);
      const restored = run.turns.map((turn, index) => {
        const id = getCalls(turn).at(-1)?.id;
        const savedTurns = id === undefined ? undefined : find(prefix.positionOfCall(id));
        prefix.append(turn);
        return (savedTurns ?? [turn]).map((each) => ({ turn: each, param: params[index] ?? run.turnsParam }));
      });
      const restoredTurns = restored.flat();
      return {
        turns: restoredTurns.map(({ turn }) => turn),
        params: restoredTurns.map(({ param }) => param),
      };
    },
  };
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
