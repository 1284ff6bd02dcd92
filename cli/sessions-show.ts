/** `openclaw sessions show`: shows the newest messages of a conversation. */
import type { SessionMessage } from "../clients/typescript/src/index.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { gatewayHelp, withGateway } from "./with-gateway.ts";

export const sessionsShow = defineCommand({
  name: "sessions show",
  summary: "show the newest messages of a conversation",
  positionals: ["KEY"],
  options: {
    limit: { value: "N", min: 1, max: 1_000, description: "most messages to show (default: 100)" },
    ...jsonOption,
  },
  details: gatewayHelp,
  example: "openclaw sessions show trip --limit 10",
  run: ({ options: { limit, json }, positionals: [key] }, io) =>
    withGateway(io, { json }, async (client) => {
      const page = await client.sessions.history(key, { limit });
      if (json) {
        io.out(JSON.stringify(page, null, 2));
        return exitOk;
      }
      const { sessionKey, messages, total } = page;
      const countText = messages.length < total ? `the last ${messages.length} of ${total}` : `${total}`;
      io.out(`${sessionKey}: ${countText} messages`);
      for (const message of messages) io.out(`\n${formatMessage(message)}`);
      return exitOk;
    }),
});

function formatMessage({ role, content, toolCalls = [], cut }: SessionMessage): string {
  const parts = content.map((part) =>
    part.type === "text" ? part.text : `[${part.mediaType}, ${part.bytes} bytes]`,
  );
  const calls = toolCalls.map(({ name, arguments: args }) => `[calls ${name} ${args}]`);
  const lines = [...parts, ...calls, ...(cut === undefined ? [] : [`[cut: ${cut}]`])];
  return `${role}: ${lines.join("\n")}`;
}
