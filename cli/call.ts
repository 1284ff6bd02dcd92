/** `openclaw call`: calls any method of the gateway's WebSocket and prints the result as JSON. */
import type { GatewaySocket } from "../clients/typescript/src/index.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { readObject } from "./read-arguments.ts";
import { readInput } from "./read-input.ts";
import { gatewayHelp, withSocket } from "./with-gateway.ts";

/** The gateway validates the method name and the parameters. */
type UntypedCall = (method: string, params: object) => ReturnType<GatewaySocket["call"]>;

export const call = defineCommand({
  name: "call",
  summary: "call a method of the gateway's WebSocket and print its result as JSON",
  positionals: ["METHOD"],
  options: {
    params: { value: "JSON", description: "parameters as a JSON object; - reads stdin" },
    ...jsonOption,
  },
  printsJson: true,
  details: `${gatewayHelp}
75 means that too many runs wait for the session.`,
  example: `openclaw call chat.history --params '{"sessionKey": "main", "limit": 5}'`,
  async run({ options: { params = "{}" }, positionals: [method] }, io) {
    const parsedParams = readObject("--params", params === "-" ? await readInput(io) : params);
    return withSocket(io, { json: true }, async (socket) => {
      const result = await (socket.call as UntypedCall)(method, parsedParams);
      io.out(JSON.stringify(result, null, 2));
      return exitOk;
    });
  },
});
