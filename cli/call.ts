/** `openclaw call`: any method of the gateway's socket, its answer as JSON. */
import type { GatewaySocket } from "../clients/typescript/src/index.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { readObject } from "./read-arguments.ts";
import { gatewayHelp, throughSocket } from "./through-gateway.ts";

/** What is wrong with a name or with parameters is the gateway's to say. */
type AnyCall = (method: string, params: object) => ReturnType<GatewaySocket["call"]>;

export const call = defineCommand({
  name: "call",
  summary: "call a method of the gateway's socket and print its answer as JSON",
  words: ["METHOD"],
  options: { params: { value: "JSON", says: "its parameters, as a JSON object; - reads them from stdin" } },
  more: `${gatewayHelp}
75 when too many runs wait for the session that the method needs.`,
  example: `openclaw call chat.history --params '{"sessionKey": "main", "limit": 5}'`,
  async run({ options: { params = "{}" }, words: [method] }, io) {
    const given = readObject("--params", params === "-" ? await io.input() : params);
    return throughSocket(io, { json: true }, async (socket) => {
      const answer = await (socket.call as AnyCall)(method, given);
      io.out(JSON.stringify(answer, null, 2));
      return exitDone;
    });
  },
});
