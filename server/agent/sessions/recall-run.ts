/** What the transcript knows of a run: a gateway that was killed has kept no other word of it. */
import type { SessionCatalog } from "./catalog.ts";

export type Recalled =
  | { readonly outcome: "done"; readonly text: string }
  /** The gateway stopped in the middle of it. */
  | { readonly outcome: "interrupted" };

/** Entries at the end of the conversation that are looked at. */
const looked = 200;

/** Undefined when the run has left nothing, or nothing that stands in the way of running it again. */
export async function recallRun(
  sessions: SessionCatalog,
  key: string,
  credential: string,
  runId: string,
): Promise<Recalled | undefined> {
  const session = await sessions.find(key, credential).catch(() => undefined);
  if (session === undefined) return undefined;
  const entries = await sessions.entriesAfter(session.id, Math.max(0, session.entries - looked), looked);
  const last = entries.findLastIndex(({ entry }) => entry.runId === runId);
  const found = entries[last]?.entry;
  if (found === undefined) return undefined;
  if (entries[last + 1]?.entry.kind === "interrupted") return { outcome: "interrupted" };
  if (found.kind !== "turn" || found.turn.role !== "assistant") return undefined;
  const { text, cut, calls } = found.turn;
  return cut === undefined && calls.length === 0 ? { outcome: "done", text } : undefined;
}
