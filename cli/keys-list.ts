/** `openclaw keys list`: lists the keys and their permissions, without secrets. */
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { formatKey } from "./format-key.ts";
import { formatListing } from "./table.ts";
import { gatewayHelp, withSocket } from "./with-gateway.ts";

export const keysList = defineCommand({
  name: "keys list",
  summary: "list the keys and their permissions",
  positionals: [],
  options: { ...jsonOption },
  details: gatewayHelp,
  example: "openclaw keys list",
  run: ({ options: { json } }, io) =>
    withSocket(io, { json }, async (socket) => {
      const result = await socket.call("keys.list");
      if (json) {
        io.out(JSON.stringify(result, null, 2));
        return exitOk;
      }
      const rows = result.keys.map((key) => {
        const { scopes, agents, expires, lastUsed, requestsPerMinute } = formatKey(key);
        return [key.name, scopes, agents, expires, lastUsed, requestsPerMinute];
      });
      const head = ["KEY", "SCOPES", "AGENTS", "EXPIRES", "LAST USED", "PER MINUTE"];
      for (const line of formatListing(head, rows, io.terminal?.columns)) io.out(line);
      return exitOk;
    }),
});
