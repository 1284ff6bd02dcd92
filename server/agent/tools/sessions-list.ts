/** `sessions_list`: the stored conversations that the run may see. */
import { z } from "zod";
import type { Session, SessionCatalog, SessionFilter } from "../sessions/catalog.ts";
import type { Clock, Tool, ToolContext } from "../types.ts";
import { defineTool, failed, said } from "./define-tool.ts";
import { factsOf } from "./session-facts.ts";
import { notVisible, type Visibility } from "./session-visibility.ts";

export function createSessionsListTool(sessions: SessionCatalog, visibility: Visibility, clock: Clock): Tool {
  const find = async (
    filter: SessionFilter,
    { sessionKey, credential }: ToolContext,
  ): Promise<readonly Session[]> => {
    if (visibility === "all" || visibility === "agent") return sessions.list(filter);
    if (sessionKey === undefined) return [];
    const own = await sessions.find(sessionKey, credential);
    return own.updatedAt < (filter.since ?? 0) ? [] : [own];
  };
  return defineTool({
    name: "sessions_list",
    description:
      "Lists stored conversations, the one that was used last first, one JSON object a line: key, agent, number of entries, when it began and when it was last used. Read one with sessions_history.",
    input: z.strictObject({
      limit: z.int().min(1).max(100).default(20).describe("Most sessions. Default: 20."),
      agentId: z.string().min(1).max(64).optional().describe("Only those of this agent."),
      activeMinutes: z
        .int()
        .min(1)
        .max(10_000_000)
        .optional()
        .describe("Only those that were used within so many minutes."),
    }),
    async run({ limit, agentId, activeMinutes }, context) {
      const agent = agentId?.toLowerCase() ?? (visibility === "all" ? undefined : context.agentId);
      if (visibility !== "all" && agent !== context.agentId) return failed(notVisible(visibility));
      const filter: SessionFilter = {
        viewer: context.credential,
        agentId: agent,
        since: activeMinutes === undefined ? undefined : clock() - activeMinutes * 60_000,
        limit,
      };
      const facts = (await find(filter, context)).map(factsOf);
      const lines = facts.map((each) => JSON.stringify(each));
      return said(lines.length === 0 ? "No session." : lines.join("\n"), { sessions: facts });
    },
  });
}
