/** `openclaw sessions list`: the stored conversations, the last used first. */
import type { Session } from "../clients/typescript/src/index.ts";
import { toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { tableLines } from "./table.ts";
import { gatewayHelp, throughGateway } from "./through-gateway.ts";

const usualLimit = 50;
const largestPage = 200;

export const sessionsList = defineCommand({
  name: "sessions list",
  summary: "list the stored conversations, the last used first",
  words: [],
  options: {
    agent: { value: "ID", says: "only those of this agent" },
    limit: { value: "N", min: 1, max: 1_000_000, says: `so many at most (else ${usualLimit})` },
    ...toJson,
  },
  more: gatewayHelp,
  example: "openclaw sessions list --agent coder --limit 10",
  run: ({ options: { agent: agentId, limit = usualLimit, json } }, io) =>
    throughGateway(io, { json }, async (client) => {
      const sessions: Session[] = [];
      for await (const session of client.sessions.list({ agentId, limit: Math.min(limit, largestPage) })) {
        sessions.push(session);
        if (sessions.length === limit) break;
      }
      if (json) {
        io.out(JSON.stringify({ sessions }, null, 2));
        return exitDone;
      }
      const rows = sessions.map(({ sessionKey, updatedAt, entries, label }) => [
        sessionKey,
        new Date(updatedAt).toLocaleString(),
        String(entries),
        label ?? "",
      ]);
      for (const line of tableLines([["SESSION", "LAST USED", "ENTRIES", "LABEL"], ...rows])) io.out(line);
      return exitDone;
    }),
});
