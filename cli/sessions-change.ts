/** `openclaw sessions reset`, `delete` and `abort`: change a stored conversation or abort its runs. */
import type { GatewayClient } from "../clients/typescript/src/index.ts";
import { defineCommand, jsonOption, type Command } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { gatewayHelp, withGateway } from "./with-gateway.ts";

export const sessionsReset = defineSessionCommand(
  "reset",
  "start a new conversation with the next message of this key",
  async ({ sessions }, key) => {
    const result = await sessions.reset(key);
    return { result, message: `${result.sessionKey} is reset.` };
  },
);

export const sessionsDelete = defineSessionCommand(
  "delete",
  "delete a conversation with all its messages",
  async ({ sessions }, key) => {
    const result = await sessions.delete(key);
    return { result, message: `${result.sessionKey} is deleted.` };
  },
);

export const sessionsAbort = defineSessionCommand(
  "abort",
  "abort the current run of a conversation and all waiting ones",
  async ({ sessions }, key) => {
    const result = await sessions.abort(key);
    return { result, message: result.aborted ? "The run is aborted." : "There was no run to abort." };
  },
);

function defineSessionCommand(
  action: string,
  summary: string,
  apply: (
    client: GatewayClient,
    key: string,
  ) => Promise<{ readonly result: object; readonly message: string }>,
): Command {
  return defineCommand({
    name: `sessions ${action}`,
    summary,
    positionals: ["KEY"],
    options: { ...jsonOption },
    details: gatewayHelp,
    example: `openclaw sessions ${action} trip`,
    run: ({ options: { json }, positionals: [key] }, io) =>
      withGateway(io, { json }, async (client) => {
        const { result, message } = await apply(client, key);
        io.out(json ? JSON.stringify(result, null, 2) : message);
        return exitOk;
      }),
  });
}
