/** Finds the outcome of a run in the transcript. After a crash this is the only trace of it. */
import { getCalls, getText } from "../parts.ts";
import type { SessionCatalog } from "./catalog.ts";
import { ignoreSessionNotFound } from "./permissions.ts";

export type StoredOutcome =
  | { readonly outcome: "done"; readonly text: string }
  /** The gateway stopped in the middle of the run. */
  | { readonly outcome: "interrupted" };

/** Number of entries at the end of the conversation that are searched. */
const maxEntries = 200;

/** Undefined when the run left no entries, or none that prevent it from being run again. */
export async function findStoredOutcome(
  sessions: SessionCatalog,
  key: string,
  credential: string,
  runId: string,
): Promise<StoredOutcome | undefined> {
  const session = await sessions.find(key, credential).catch(ignoreSessionNotFound);
  if (session === undefined) return undefined;
  const entries = await sessions.entriesAfter(
    session.id,
    Math.max(0, session.entries - maxEntries),
    maxEntries,
  );
  const lastIndex = entries.findLastIndex(({ entry }) => entry.runId === runId);
  const lastEntry = entries[lastIndex]?.entry;
  if (lastEntry === undefined) return undefined;
  if (entries[lastIndex + 1]?.entry.kind === "interrupted") return { outcome: "interrupted" };
  if (lastEntry.kind !== "turn" || lastEntry.turn.role !== "assistant") return undefined;
  const { turn } = lastEntry;
  if (turn.cut !== undefined || getCalls(turn).length > 0) return undefined;
  return { outcome: "done", text: getText(turn) };
}
