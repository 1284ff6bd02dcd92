/** `openclaw models list`: the language models that the agents may be asked to use. */
import { toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { tableLines } from "./table.ts";
import { gatewayHelp, throughSocket } from "./through-gateway.ts";

export const modelsList = defineCommand({
  name: "models list",
  summary: "list the language models that the agents use, or may be asked to use",
  words: [],
  options: { agent: { value: "ID", says: "only those of this agent" }, ...toJson },
  more: gatewayHelp,
  example: "openclaw models list --agent coder",
  run: ({ options: { agent, json } }, io) =>
    throughSocket(io, { json }, async (socket) => {
      const answer = await socket.call("models.list", agent === undefined ? {} : { agentId: agent });
      if (json) {
        io.out(JSON.stringify(answer, null, 2));
        return exitDone;
      }
      const rows = answer.models.map(({ id, contextWindow }) => [id, contextWindow?.toString() ?? "unknown"]);
      for (const line of tableLines([["MODEL", "CONTEXT (TOKENS)"], ...rows])) io.out(line);
      return exitDone;
    }),
});
