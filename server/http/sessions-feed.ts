/** What was said in a session as it is answered: a page of it, or a feed that tells of everything that comes. */
import type { z } from "zod";
import type { EventOf, ReplyOf } from "../../contracts/endpoint.ts";
import type { SessionMessage } from "../../contracts/http/session-messages.ts";
import type { getSessionHistory } from "../../contracts/http/sessions.ts";
import type { HistoryPage, SessionCatalog } from "../agent/sessions/catalog.ts";
import { toMessage } from "../agent/sessions/messages.ts";
import type { StoredEntry } from "../agent/sessions/store.ts";
import { GatewayError } from "../errors.ts";

type Event = EventOf<typeof getSessionHistory>;

interface FeedRequest {
  readonly key: string;
  readonly viewer: string;
  /** Messages of the first event. */
  readonly limit: number;
  readonly lastEventId: string | undefined;
}

/** What a reader of the feed has seen: everything up to here. */
interface Place {
  readonly id: string;
  readonly seq: number;
}

const entriesAtOnce = 100;

export function historyOf({
  session,
  entries,
  total,
  more,
}: HistoryPage): Omit<ReplyOf<typeof getSessionHistory>, "ok"> {
  const [oldest] = entries;
  return {
    sessionKey: session.key,
    sessionId: session.id,
    messages: entries.map(shownMessage).filter((message) => message !== undefined),
    total,
    nextCursor: more && oldest !== undefined ? String(oldest.seq) : null,
  };
}

/** Ends when the session is deleted or `signal` is aborted. Throws when there is none to begin with. */
export async function* sessionFeed(
  sessions: SessionCatalog,
  { key, viewer, limit, lastEventId }: FeedRequest,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const watch = sessions.changes.watch(key);
  let place = lastEventId === undefined ? undefined : readEventId(lastEventId);
  let begun = false;
  try {
    while (!signal.aborted) {
      const { id } = await sessions.find(key, viewer);
      begun = true;
      if (place?.id !== id) {
        const page = await sessions.history(key, viewer, { limit });
        place = { id: page.session.id, seq: page.session.entries };
        yield { type: "history", id: eventId(place), ...historyOf(page) };
        continue;
      }
      const entries = await sessions.entriesAfter(id, place.seq, entriesAtOnce);
      if (entries.some(({ entry }) => entry.kind === "rewind")) {
        place = undefined;
        continue;
      }
      for (const entry of entries) {
        place = { id, seq: entry.seq };
        const message = shownMessage(entry);
        if (message !== undefined) yield { type: "message", id: eventId(place), sessionKey: key, message };
      }
      if (entries.length === 0) await watch.changed(signal);
    }
  } catch (error) {
    const gone = begun && error instanceof GatewayError && error.code === "session_not_found";
    if (!gone) throw error;
  } finally {
    watch.close();
  }
}

function shownMessage(entry: StoredEntry): z.input<typeof SessionMessage> | undefined {
  const message = toMessage(entry);
  if (message === undefined) return undefined;
  const { content, toolCalls, ...rest } = message;
  return { ...rest, content: [...content], ...(toolCalls && { toolCalls: [...toolCalls] }) };
}

function eventId({ id, seq }: Place): string {
  return `${id}.${seq}`;
}

/** What is no id of this feed has seen nothing. */
function readEventId(text: string): Place | undefined {
  const [, id, seq] = /^(.+)\.(\d{1,15})$/.exec(text) ?? [];
  return id === undefined ? undefined : { id, seq: Number(seq) };
}
