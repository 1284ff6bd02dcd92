/** `openclaw sessions rename`: gives a conversation a name. */
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { gatewayHelp, withSocket } from "./with-gateway.ts";

export const sessionsRename = defineCommand({
  name: "sessions rename",
  summary: "give a conversation a name, or remove its name",
  positionals: ["KEY", "NAME?"],
  options: { ...jsonOption },
  details: `The key stays the same. Without NAME the name is removed.
${gatewayHelp}`,
  example: 'openclaw sessions rename trip "The trip to Ulm"',
  run: ({ options: { json }, positionals: [key, name] }, io) =>
    withSocket(io, { json }, async (socket) => {
      const result = await socket.call("sessions.patch", { key, label: name || null });
      const { label } = result.session;
      const outcome = label === undefined ? "has no name now" : `is named ${JSON.stringify(label)}`;
      io.out(json ? JSON.stringify(result, null, 2) : `${result.key} ${outcome}.`);
      return exitOk;
    }),
});
