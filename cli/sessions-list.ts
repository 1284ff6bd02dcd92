/** `openclaw sessions list`: lists the stored conversations, last used first. */
import type { GatewayClient, Session } from "../clients/typescript/src/index.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { formatRelativeTime } from "./format-time.ts";
import { formatListing } from "./table.ts";
import { gatewayHelp, withGateway } from "./with-gateway.ts";

const defaultLimit = 50;
const maxPageSize = 200;

export const sessionsList = defineCommand({
  name: "sessions list",
  summary: "list the stored conversations, last used first",
  positionals: [],
  options: {
    agent: { value: "ID", description: "only sessions of this agent" },
    active: { value: "MINUTES", min: 1, max: 5_256_000, description: "only sessions used in these minutes" },
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
  run: ({ options: { agent: agentId, active, limit = defaultLimit, json } }, io) =>
    withGateway(io, { json }, async (client) => {
      const since = active === undefined ? 0 : Date.now() - active * 60_000;
      const sessions = await listSessions(client, { agentId, since, limit });
      if (json) {
        io.out(JSON.stringify({ sessions }, null, 2));
        return exitOk;
      }
      const rows = sessions.map(({ sessionKey, updatedAt, entries, label }) => [
        sessionKey,
        formatRelativeTime(updatedAt),
        String(entries),
        label ?? "",
      ]);
      const head = ["SESSION", "LAST USED", "ENTRIES", "LABEL"];
      for (const line of formatListing(head, rows, io.terminal?.columns)) io.out(line);
      return exitOk;
    }),
});

interface ListOptions {
  readonly agentId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly limit: number;
}

/** Resolves to the sessions, last used first. */
export async function listSessions(
  client: GatewayClient,
  { agentId, since, limit }: ListOptions,
): Promise<readonly Session[]> {
  const sessions: Session[] = [];
  for await (const session of client.sessions.list({ agentId, limit: Math.min(limit, maxPageSize) })) {
    if (session.updatedAt < since) break;
    sessions.push(session);
    if (sessions.length === limit) break;
  }
  return sessions;
}
