/** `openclaw keys revoke`: revokes a key. */
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { gatewayHelp, withSocket } from "./with-gateway.ts";

export const keysRevoke = defineCommand({
  name: "keys revoke",
  summary: "revoke a key and close its connections; its stored data remains",
  positionals: ["NAME"],
  options: { ...jsonOption },
  details: gatewayHelp,
  example: "openclaw keys revoke newsletter",
  run: ({ options: { json }, positionals: [name] }, io) =>
    withSocket(io, { json }, async (socket) => {
      const result = await socket.call("keys.revoke", { name });
      io.out(json ? JSON.stringify(result, null, 2) : `${name} is revoked.`);
      return exitOk;
    }),
});
