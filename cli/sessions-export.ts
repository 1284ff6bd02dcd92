/** `openclaw sessions export`: a whole conversation as JSONL, one object a line: the session, then each message. */
import type { GatewayClient, SessionHistory } from "../clients/typescript/src/index.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { gatewayHelp, throughGateway } from "./through-gateway.ts";

export const sessionsExport = defineCommand({
  name: "sessions export",
  summary: "print a whole conversation as JSONL: the session, then each message, the oldest first",
  words: ["KEY"],
  options: {},
  more: gatewayHelp,
  example: "openclaw sessions export main > main.jsonl",
  run: ({ words: [key] }, io) =>
    throughGateway(io, { json: false }, async (client) => {
      const pages = await allPages(client, key);
      const [{ sessionKey, sessionId }] = pages;
      const messages = pages.toReversed().flatMap((page) => page.messages);
      io.out(JSON.stringify({ type: "session", sessionKey, sessionId, messages: messages.length }));
      for (const message of messages) io.out(JSON.stringify({ type: "message", ...message }));
      return exitDone;
    }),
});

type Pages = readonly [SessionHistory, ...SessionHistory[]];

/** The newest page first. What is said meanwhile comes after it, and is not in it. */
async function allPages(client: GatewayClient, key: string): Promise<Pages> {
  const newest = await client.sessions.history(key, { limit: largestPage });
  const pages: [SessionHistory, ...SessionHistory[]] = [newest];
  for (let cursor = newest.nextCursor; cursor !== null;) {
    const page = await client.sessions.history(key, { limit: largestPage, cursor });
    if (page.sessionId !== newest.sessionId) throw new Error(`${key} began anew meanwhile: export it again.`);
    pages.push(page);
    cursor = page.nextCursor;
  }
  return pages;
}

const largestPage = 1_000;
