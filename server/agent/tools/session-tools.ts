/** The tools that read stored sessions. A run reads only sessions of its own credential. */
import { z } from "zod";
import type { Clock } from "../../lib/ports.ts";
import type { Session, SessionCatalog, SessionFilter } from "../sessions/catalog.ts";
import type { Tool, ToolContext } from "../types.ts";
import { defineTool, errorResult, textResult } from "./define-tool.ts";
import { formatVisibilityError, type Visibility } from "./session-visibility.ts";
import { createSessionsHistoryTool } from "./sessions-history.ts";

type SessionSummary = Readonly<Record<string, string | number>>;

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

function createSessionStatusTool(sessions: SessionCatalog): Tool {
  return defineTool({
    name: "session_status",
    description:
      "Returns the stored session that this conversation belongs to: its key, its agent, its number of entries, when it was created and when it was last used. Takes no arguments. A conversation that is not stored has no key.",
    input: z.strictObject({}),
    async run(_, { sessionKey, agentId, credential }) {
      if (sessionKey === undefined) {
        const summary = { sessionKey: null, agentId };
        return textResult(`${JSON.stringify(summary)}\nThis conversation is not stored.`, summary);
      }
      const summary = toSessionSummary(await sessions.find(sessionKey, credential));
      return textResult(JSON.stringify(summary), summary);
    },
  });
}

function createSessionsListTool(sessions: SessionCatalog, visibility: Visibility, clock: Clock): Tool {
  const findSessions = async (
    filter: SessionFilter,
    { sessionKey, credential }: ToolContext,
  ): Promise<readonly Session[]> => {
    if (visibility === "all" || visibility === "agent") return sessions.list(filter);
    if (sessionKey === undefined) return [];
    const current = await sessions.find(sessionKey, credential);
    return current.updatedAt < (filter.since ?? 0) ? [] : [current];
  };
  return defineTool({
    name: "sessions_list",
    description:
      "Lists stored sessions, the most recently used first, one JSON object per line: key, agent, number of entries, when it was created and when it was last used. Read one with sessions_history.",
    input: z.strictObject({
      limit: z.int().min(1).max(100).default(20).describe("Maximum number of sessions. Default: 20."),
      agentId: z.string().min(1).max(64).optional().describe("Only sessions of this agent."),
      activeMinutes: z
        .int()
        .min(1)
        .max(10_000_000)
        .optional()
        .describe("Only sessions that were used in the last so many minutes."),
    }),
    async run({ limit, agentId, activeMinutes }, context) {
      const agent = agentId?.toLowerCase() ?? (visibility === "all" ? undefined : context.agentId);
      if (visibility !== "all" && agent !== context.agentId)
        return errorResult(formatVisibilityError(visibility));
      const filter: SessionFilter = {
        viewer: context.credential,
        agentId: agent,
        since: activeMinutes === undefined ? undefined : clock() - activeMinutes * 60_000,
        limit,
      };
      const summaries = (await findSessions(filter, context)).map(toSessionSummary);
      const lines = summaries.map((summary) => JSON.stringify(summary));
      return textResult(lines.length === 0 ? "No sessions." : lines.join("\n"), { sessions: summaries });
    },
  });
}

function toSessionSummary({ key, agentId, label, entries, createdAt, updatedAt }: Session): SessionSummary {
  return {
    sessionKey: key,
    agentId,
    ...(label !== undefined && { label }),
    entries,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}
