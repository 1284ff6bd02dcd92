/** `openclaw keys revoke`: a key opens nothing any more. */
import { toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { gatewayHelp, throughSocket } from "./through-gateway.ts";

export const keysRevoke = defineCommand({
  name: "keys revoke",
  summary: "end a key, at once: what it has open is closed; what it began stays",
  words: ["NAME"],
  options: { ...toJson },
  more: gatewayHelp,
  example: "openclaw keys revoke newsletter",
  run: ({ options: { json }, words: [name] }, io) =>
    throughSocket(io, { json }, async (socket) => {
      const answer = await socket.call("keys.revoke", { name });
      io.out(json ? JSON.stringify(answer, null, 2) : `${name} is revoked.`);
      return exitDone;
    }),
});
