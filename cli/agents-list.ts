/** `openclaw agents list`: lists the agents of the running gateway. */
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { formatListing } from "./table.ts";
import { gatewayHelp, withSocket } from "./with-gateway.ts";

export const agentsList = defineCommand({
  name: "agents list",
  summary: "list the agents",
  positionals: [],
  options: { ...jsonOption },
  details: gatewayHelp,
  example: "openclaw agents list",
  run: ({ options: { json } }, io) =>
    withSocket(io, { json }, async (socket) => {
      const result = await socket.call("agents.list");
      if (json) {
        io.out(JSON.stringify(result, null, 2));
        return exitOk;
      }
      const rows = result.agents.map(({ id, name = "", model: { primary, fallbacks } }) => [
        id === result.defaultId ? `${id} (default)` : id,
        name,
        [primary, ...fallbacks].join(", then "),
      ]);
      for (const line of formatListing(["AGENT", "NAME", "MODEL"], rows, io.terminal?.columns)) io.out(line);
      return exitOk;
    }),
});
