/** `session_status`: the conversation that the run belongs to. */
import { z } from "zod";
import type { SessionCatalog } from "../sessions/catalog.ts";
import type { Tool } from "../types.ts";
import { defineTool, said } from "./define-tool.ts";
import { factsOf } from "./session-facts.ts";

export function createSessionStatusTool(sessions: SessionCatalog): Tool {
  return defineTool({
    name: "session_status",
    description:
      "Tells which stored conversation you are in: its key, its agent, how many entries it has, when it began and when it was last used. Takes nothing. A conversation that is not stored has no key.",
    input: z.strictObject({}),
    async run(_, { sessionKey, agentId, credential }) {
      if (sessionKey === undefined) {
        const none = { sessionKey: null, agentId };
        return said(`${JSON.stringify(none)}\nThis conversation is not stored.`, none);
      }
      const facts = factsOf(await sessions.find(sessionKey, credential));
      return said(JSON.stringify(facts), facts);
    },
  });
}
