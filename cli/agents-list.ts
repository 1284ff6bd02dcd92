/** `openclaw agents list`: the agents of the running gateway. */
import { toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { tableLines } from "./table.ts";
import { gatewayHelp, throughSocket } from "./through-gateway.ts";

export const agentsList = defineCommand({
  name: "agents list",
  summary: "list the agents",
  words: [],
  options: { ...toJson },
  more: gatewayHelp,
  example: "openclaw agents list",
  run: ({ options: { json } }, io) =>
    throughSocket(io, { json }, async (socket) => {
      const answer = await socket.call("agents.list");
      if (json) {
        io.out(JSON.stringify(answer, null, 2));
        return exitDone;
      }
      const rows = answer.agents.map(({ id, name = "", model: { primary, fallbacks } }) => [
        id === answer.defaultId ? `${id} (default)` : id,
        name,
        [primary, ...fallbacks].join(", then "),
      ]);
      for (const line of tableLines([["AGENT", "NAME", "MODEL"], ...rows])) io.out(line);
      return exitDone;
    }),
});
