/** The tools that look into stored conversations: only those of the credential that the run is for. */
import type { SessionCatalog } from "../sessions/catalog.ts";
import type { Clock, Tool } from "../types.ts";
import { createSessionStatusTool } from "./session-status.ts";
import type { Visibility } from "./session-visibility.ts";
import { createSessionsHistoryTool } from "./sessions-history.ts";
import { createSessionsListTool } from "./sessions-list.ts";

export function createSessionTools(
  sessions: SessionCatalog,
  visibility: Visibility,
  clock: Clock,
): readonly Tool[] {
  return [
    createSessionStatusTool(sessions),
    createSessionsListTool(sessions, visibility, clock),
    createSessionsHistoryTool(sessions, visibility),
  ];
}
