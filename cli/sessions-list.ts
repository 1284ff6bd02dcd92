/** `openclaw sessions list`: lists the stored conversations, last used first. */
import type { Session } from "../clients/typescript/src/index.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { formatTable } from "./table.ts";
import { gatewayHelp, withGateway } from "./with-gateway.ts";

const defaultLimit = 50;
const maxPageSize = 200;

export const sessionsList = defineCommand({
  name: "sessions list",
  summary: "list the stored conversations, last used first",
  positionals: [],
  options: {
    agent: { value: "ID", description: "only sessions of this agent" },
    limit: {
      value: "N",
      min: 1,
      max: 1_000_000,
      description: `most sessions to list (default: ${defaultLimit})`,
    },
    ...jsonOption,
  },
  details: gatewayHelp,
  example: "openclaw sessions list --agent coder --limit 10",
  run: ({ options: { agent: agentId, limit = defaultLimit, json } }, io) =>
    withGateway(io, { json }, async (client) => {
      const sessions: Session[] = [];
      for await (const session of client.sessions.list({ agentId, limit: Math.min(limit, maxPageSize) })) {
        sessions.push(session);
        if (sessions.length === limit) break;
      }
      if (json) {
        io.out(JSON.stringify({ sessions }, null, 2));
        return exitOk;
      }
      const rows = sessions.map(({ sessionKey, updatedAt, entries, label }) => [
        sessionKey,
        new Date(updatedAt).toLocaleString(),
        String(entries),
        label ?? "",
      ]);
      for (const line of formatTable([["SESSION", "LAST USED", "ENTRIES", "LABEL"], ...rows])) io.out(line);
      return exitOk;
    }),
});
