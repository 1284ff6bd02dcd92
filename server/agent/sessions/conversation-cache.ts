/** Keeps the parsed entries of sessions between their runs. */
import { readEntries, type EntryRow, type ReadEntry } from "./entry-rows.ts";
import type { EntryWindow } from "./recent-entries.ts";

interface CachedConversation {
  /** Id of the conversation. */
  readonly id: string;
  /** Fence of the lease that has written it. Every later lease has a higher one, so an equal one proves freshness. */
  readonly fence: number;
  /** Owner of the session. */
  readonly credential: string;
  readonly updatedAt: number;
  readonly window: EntryWindow;
}

export interface ConversationCache {
  /** Returns the cached conversation, which may be out of date. */
  find(key: string): CachedConversation | undefined;
  /** Returns the entries and forgets them. Undefined when they are not cached or another lease came between. */
  take(key: string, id: string, fence: number): EntryWindow | undefined;
  /** `newRows` are durable and follow the window. */
  put(key: string, conversation: CachedConversation, newRows: readonly EntryRow[]): Promise<void>;
}

/** Size of all cached conversations. The least recently used ones are removed. */
const maxCharacters = 16_000_000;

export function createConversationCache(readEntry: ReadEntry): ConversationCache {
  const conversations = new Map<string, CachedConversation>();
  let totalCharacters = 0;

  const remove = (key: string): void => {
    totalCharacters -= conversations.get(key)?.window.characters ?? 0;
    conversations.delete(key);
  };
  return {
    find: (key) => conversations.get(key),
    take(key, id, fence) {
      const cached = conversations.get(key);
      remove(key);
      return cached?.id === id && cached.fence === fence ? cached.window : undefined;
    },
    async put(key, { window, ...conversation }, newRows) {
      remove(key);
      // The next run reads what the compaction has left.
      if (newRows.some(({ kind }) => kind === "compaction")) return;
      const characters = newRows.reduce((sum, { payload }) => sum + payload.length, window.characters);
      if (characters > maxCharacters) return;
      const entries = [...window.entries, ...(await readEntries(newRows, readEntry))];
      // Another run may have ended meanwhile.
      remove(key);
      conversations.set(key, { ...conversation, window: { entries, characters } });
      totalCharacters += characters;
      for (const oldestKey of conversations.keys()) {
        if (totalCharacters <= maxCharacters) break;
        remove(oldestKey);
      }
    },
  };
}
