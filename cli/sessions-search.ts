/** `openclaw sessions search`: finds a text in the stored conversations. */
import type { GatewayClient, Session, SessionMessage } from "../clients/typescript/src/index.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { formatRelativeTime } from "./format-time.ts";
import { listSessions } from "./sessions-list.ts";
import { formatListing } from "./table.ts";
import { gatewayHelp, withGateway } from "./with-gateway.ts";

const defaultLimit = 200;
const pageSize = 1_000;
const charsBefore = 20;
const charsAfter = 60;

interface Match {
  readonly sessionKey: string;
  readonly label: string | null;
  readonly updatedAt: number;
  readonly role: string;
  /** The text around the match. */
  readonly text: string;
}

export const sessionsSearch = defineCommand({
  name: "sessions search",
  summary: "find a text in the stored conversations",
  positionals: ["TEXT"],
  options: {
    agent: { value: "ID", description: "only sessions of this agent" },
    limit: {
      value: "N",
      min: 1,
      max: 1_000_000,
      description: `how many sessions to search, last used first (default: ${defaultLimit})`,
    },
    ...jsonOption,
  },
  details: `Searches names and messages, in any case. The newest match of each conversation is printed.
${gatewayHelp}`,
  example: 'openclaw sessions search "opening hours"',
  run: ({ options: { agent: agentId, limit = defaultLimit, json }, positionals: [text] }, io) =>
    withGateway(io, { json }, async (client) => {
      const matches: Match[] = [];
      for (const session of await listSessions(client, { agentId, since: 0, limit })) {
        const match = await searchSession(client, session, text.toLowerCase());
        if (match !== undefined) matches.push(match);
      }
      if (json) {
        io.out(JSON.stringify({ matches }, null, 2));
        return exitOk;
      }
      if (matches.length === 0) io.err(`No conversation contains ${JSON.stringify(text)}.`);
      const rows = matches.map(({ sessionKey, updatedAt, role, text: excerpt }) => [
        sessionKey,
        formatRelativeTime(updatedAt),
        role,
        excerpt,
      ]);
      const head = ["SESSION", "LAST USED", "ROLE", "TEXT"];
      if (rows.length > 0) for (const line of formatListing(head, rows, io.terminal?.columns)) io.out(line);
      return exitOk;
    }),
});

async function searchSession(
  client: GatewayClient,
  { sessionKey, updatedAt, label }: Session,
  needle: string,
): Promise<Match | undefined> {
  const found = (role: string, text: string): Match => ({
    sessionKey,
    label: label ?? null,
    updatedAt,
    role,
    text: excerpt(text, needle),
  });
  for await (const message of client.sessions.history(sessionKey, { limit: pageSize })) {
    const text = textOf(message);
    if (text.toLowerCase().includes(needle)) return found(message.role, text);
  }
  const name = [label ?? "", sessionKey].find((text) => text.toLowerCase().includes(needle));
  return name === undefined ? undefined : found("name", name);
}

const textOf = ({ content }: SessionMessage): string =>
  content.map((part) => (part.type === "text" ? part.text : "")).join("\n");

function excerpt(text: string, needle: string): string {
  const index = text.toLowerCase().indexOf(needle);
  const start = Math.max(0, index - charsBefore);
  const end = index + needle.length + charsAfter;
  const part = text.slice(start, end).replaceAll(/\s+/g, " ").trim();
  return `${start > 0 ? "…" : ""}${part}${end < text.length ? "…" : ""}`;
}
