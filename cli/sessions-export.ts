/** `openclaw sessions export`: prints a conversation as JSONL: one line for the session, then one per message. */
import type { GatewayClient, SessionHistory } from "../clients/typescript/src/index.ts";
import { defineCommand } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { gatewayHelp, withGateway } from "./with-gateway.ts";

export const sessionsExport = defineCommand({
  name: "sessions export",
  summary: "print a conversation as JSONL: the session, then its messages, oldest first",
  positionals: ["KEY"],
  options: {},
  details: gatewayHelp,
  example: "openclaw sessions export trip > trip.jsonl",
  run: ({ positionals: [key] }, io) =>
    withGateway(io, { json: false }, async (client) => {
      const pages = await fetchAllPages(client, key);
      const [{ sessionKey, sessionId }] = pages;
      const messages = pages.toReversed().flatMap((page) => page.messages);
      io.out(JSON.stringify({ type: "session", sessionKey, sessionId, messages: messages.length }));
      for (const message of messages) io.out(JSON.stringify({ type: "message", ...message }));
      return exitOk;
    }),
});

type Pages = readonly [SessionHistory, ...SessionHistory[]];

/** Fetches all pages, newest first. Messages that arrive meanwhile are not included. */
async function fetchAllPages(client: GatewayClient, key: string): Promise<Pages> {
  const newest = await client.sessions.history(key, { limit: maxPageSize });
  const pages: [SessionHistory, ...SessionHistory[]] = [newest];
  for (let cursor = newest.nextCursor; cursor !== null;) {
    const page = await client.sessions.history(key, { limit: maxPageSize, cursor });
    if (page.sessionId !== newest.sessionId)
      throw new Error(`${key} was reset during the export: export it again.`);
    pages.push(page);
    cursor = page.nextCursor;
  }
  return pages;
}

const maxPageSize = 1_000;
