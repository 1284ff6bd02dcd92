/** `openclaw sessions show`: the newest messages of a conversation, for people. */
import type { SessionMessage } from "../clients/typescript/src/index.ts";
import { toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { gatewayHelp, throughGateway } from "./through-gateway.ts";

export const sessionsShow = defineCommand({
  name: "sessions show",
  summary: "show the newest messages of a conversation",
  words: ["KEY"],
  options: {
    limit: { value: "N", min: 1, max: 1_000, says: "so many at most (else 100)" },
    ...toJson,
  },
  more: gatewayHelp,
  example: "openclaw sessions show main --limit 10",
  run: ({ options: { limit, json }, words: [key] }, io) =>
    throughGateway(io, { json }, async (client) => {
      const page = await client.sessions.history(key, { limit });
      if (json) {
        io.out(JSON.stringify(page, null, 2));
        return exitDone;
      }
      const { sessionKey, messages, total } = page;
      const shown = messages.length < total ? `the last ${messages.length} of ${total}` : `${total}`;
      io.out(`${sessionKey}: ${shown} messages`);
      for (const message of messages) io.out(`\n${inWords(message)}`);
      return exitDone;
    }),
});

function inWords({ role, content, toolCalls = [], cut }: SessionMessage): string {
  const parts = content.map((part) =>
    part.type === "text" ? part.text : `[${part.mediaType}, ${part.bytes} bytes]`,
  );
  const calls = toolCalls.map(({ name, arguments: given }) => `[calls ${name} ${given}]`);
  const lines = [...parts, ...calls, ...(cut === undefined ? [] : [`[cut: ${cut}]`])];
  return `${role}: ${lines.join("\n")}`;
}
