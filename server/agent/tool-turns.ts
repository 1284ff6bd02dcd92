/** Stores the tool turns that the client of a chat without a session has not seen. They are kept for an hour. */
import type { Clock } from "../lib/ports.ts";
import type { Turn } from "./types.ts";

export interface SavedTurns {
  /** Identifies the conversation up to the call that the client answers. */
  readonly position: string;
  readonly credential: string;
  readonly turns: readonly Turn[];
}

export type TurnsByPosition = ReadonlyMap<string, readonly Turn[]>;

export interface ToolTurns {
  /** A promise when nodes share the turns. */
  save(saved: SavedTurns): void | Promise<void>;
  /** Returns the saved turns of these positions, by position. */
  find(credential: string, positions: readonly string[]): TurnsByPosition | Promise<TurnsByPosition>;
  /** True when nothing is saved, so that no position has to be computed. False when it is not known. */
  isEmpty(): boolean;
}

export const toolTurnsTtlMs = 3_600_000;
const maxCharacters = 32 * 1024 * 1024;

/** Keeps the turns in memory, up to a size limit. The oldest are evicted first. */
export function createMemoryToolTurns(clock: Clock): ToolTurns {
  /** Oldest first. */
  const byPosition = new Map<
    string,
    { readonly turns: readonly Turn[]; readonly characters: number; readonly until: number }
  >();
  let characters = 0;

  const evict = (position: string): void => {
    characters -= byPosition.get(position)?.characters ?? 0;
    byPosition.delete(position);
  };
  return {
    save({ position, turns }) {
      const sizeInCharacters = JSON.stringify(turns).length;
      evict(position);
      byPosition.set(position, { turns, characters: sizeInCharacters, until: clock() + toolTurnsTtlMs });
      characters += sizeInCharacters;
      for (const [oldestPosition, saved] of byPosition) {
        if (characters <= maxCharacters && saved.until > clock()) break;
        evict(oldestPosition);
      }
    },
    find: (_credential, positions) =>
      new Map(
        positions.flatMap((position) => {
          const saved = byPosition.get(position);
          return saved === undefined || saved.until <= clock() ? [] : [[position, saved.turns]];
        }),
      ),
    isEmpty: () => byPosition.size === 0,
  };
}
