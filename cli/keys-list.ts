/** `openclaw keys list`: the keys and what they may do; never a secret. */
import { toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { keyFacts } from "./key-facts.ts";
import { tableLines } from "./table.ts";
import { gatewayHelp, throughSocket } from "./through-gateway.ts";

export const keysList = defineCommand({
  name: "keys list",
  summary: "list the keys and what they may do",
  words: [],
  options: { ...toJson },
  more: gatewayHelp,
  example: "openclaw keys list",
  run: ({ options: { json } }, io) =>
    throughSocket(io, { json }, async (socket) => {
      const answer = await socket.call("keys.list");
      if (json) {
        io.out(JSON.stringify(answer, null, 2));
        return exitDone;
      }
      const rows = answer.keys.map((key) => {
        const { scopes, agents, expires, used, rate } = keyFacts(key);
        return [key.name, scopes, agents, expires, used, rate];
      });
      const head = ["KEY", "SCOPES", "AGENTS", "EXPIRES", "LAST USED", "A MINUTE"];
      for (const line of tableLines([head, ...rows])) io.out(line);
      return exitDone;
    }),
});
