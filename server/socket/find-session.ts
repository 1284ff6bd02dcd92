/** Finds a session by what is not its key: its id or its label. */
import { createSessionNotFoundError } from "../agent/sessions/permissions.ts";
import type { Session, SessionCatalog } from "../agent/sessions/catalog.ts";

const searchLimits = { sessions: 2_000, pageSize: 200 };

/** Searches the most recently used sessions that the viewer can see. Rejects with `session_not_found`. */
export async function findSession(
  sessions: Pick<SessionCatalog, "list">,
  viewer: string,
  matches: (session: Session) => boolean,
): Promise<Session> {
  let after: Session | undefined;
  for (let scanned = 0; scanned < searchLimits.sessions; scanned += searchLimits.pageSize) {
    const page = await sessions.list({ viewer, limit: searchLimits.pageSize, after });
    const found = page.find(matches);
    if (found !== undefined) return found;
    after = page.at(-1);
    if (page.length < searchLimits.pageSize) break;
  }
  throw createSessionNotFoundError();
}
