/** The history of a session as one page, or as a stream that continues with every new message. */
import type { z } from "zod";
import type { EventOf, ReplyOf } from "../../contracts/endpoint.ts";
import type { SessionMessage } from "../../contracts/http/session-messages.ts";
import type { getSessionHistory } from "../../contracts/http/sessions.ts";
import type { HistoryPage, SessionCatalog } from "../agent/sessions/catalog.ts";
import { toMessage } from "../agent/sessions/messages.ts";
import type { StoredEntry } from "../agent/sessions/store.ts";
import { GatewayError } from "../lib/errors.ts";

type Event = EventOf<typeof getSessionHistory>;

interface FeedRequest {
  readonly key: string;
  readonly viewer: string;
  /** Number of messages in the first event. */
  readonly limit: number;
  readonly lastEventId: string | undefined;
}

/** The last entry that the client has received. */
interface FeedPosition {
  readonly id: string;
  readonly seq: number;
}

const batchSize = 100;

export function toHistory({
  session,
  entries,
  total,
  hasMore,
}: HistoryPage): Omit<ReplyOf<typeof getSessionHistory>, "ok"> {
  const [oldest] = entries;
  return {
    sessionKey: session.key,
    sessionId: session.id,
    messages: entries.map(toSessionMessage).filter((message) => message !== undefined),
    total,
    nextCursor: hasMore && oldest !== undefined ? String(oldest.seq) : null,
  };
}

/** Ends when the session is deleted or `signal` is aborted. Throws `session_not_found` if the session does not exist. */
export async function* streamSessionHistory(
  sessions: SessionCatalog,
  { key, viewer, limit, lastEventId }: FeedRequest,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const watcher = sessions.changes.watch(key);
  let position = lastEventId === undefined ? undefined : parseEventId(lastEventId);
  let hasStarted = false;
  try {
    while (!signal.aborted) {
      const { id } = await sessions.find(key, viewer);
      hasStarted = true;
      if (position?.id !== id) {
        const page = await sessions.history(key, viewer, { limit });
        position = { id: page.session.id, seq: page.session.entries };
        yield { type: "history", id: formatEventId(position), ...toHistory(page) };
        continue;
      }
      const entries = await sessions.entriesAfter(id, position.seq, batchSize);
      if (entries.some(({ entry }) => entry.kind === "rewind" || entry.kind === "deletion")) {
        position = undefined;
        continue;
      }
      for (const entry of entries) {
        position = { id, seq: entry.seq };
        const message = toSessionMessage(entry);
        if (message !== undefined)
          yield { type: "message", id: formatEventId(position), sessionKey: key, message };
      }
      if (entries.length === 0) await watcher.waitForChange(signal);
    }
  } catch (error) {
    const isDeleted = hasStarted && error instanceof GatewayError && error.code === "session_not_found";
    if (!isDeleted) throw error;
  } finally {
    watcher.close();
  }
}

function toSessionMessage(entry: StoredEntry): z.input<typeof SessionMessage> | undefined {
  const message = toMessage(entry);
  if (message === undefined) return undefined;
  const { content, toolCalls, ...rest } = message;
  return { ...rest, content: [...content], ...(toolCalls && { toolCalls: [...toolCalls] }) };
}

function formatEventId({ id, seq }: FeedPosition): string {
  return `${id}.${seq}`;
}

/** Parses a `Last-Event-ID`. An unknown id starts the feed from the beginning. */
function parseEventId(text: string): FeedPosition | undefined {
  const [, id, seq] = /^(.+)\.(\d{1,15})$/.exec(text) ?? [];
  return id === undefined ? undefined : { id, seq: Number(seq) };
}
