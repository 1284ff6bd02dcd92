/** `openclaw sessions reset`, `delete` and `abort`: what changes a stored conversation, or ends what is at work in it. */
import type { GatewayClient } from "../clients/typescript/src/index.ts";
import { toJson } from "./common-options.ts";
import { defineCommand, type Command } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { gatewayHelp, throughGateway } from "./through-gateway.ts";

export const sessionsReset = change(
  "reset",
  "forget what was said: the next message with this key begins a new conversation",
  async ({ sessions }, key) => {
    const answer = await sessions.reset(key);
    return { answer, told: `${answer.sessionKey} begins anew.` };
  },
);

export const sessionsDelete = change(
  "delete",
  "delete a conversation with everything that was said in it",
  async ({ sessions }, key) => {
    const answer = await sessions.delete(key);
    return { answer, told: `${answer.sessionKey} is gone.` };
  },
);

export const sessionsAbort = change(
  "abort",
  "abort the run that is at work in a conversation, and those that wait",
  async ({ sessions }, key) => {
    const answer = await sessions.abort(key);
    return { answer, told: answer.aborted ? "The run is aborted." : "No run was at work." };
  },
);

function change(
  verb: string,
  summary: string,
  make: (client: GatewayClient, key: string) => Promise<{ readonly answer: object; readonly told: string }>,
): Command {
  return defineCommand({
    name: `sessions ${verb}`,
    summary,
    words: ["KEY"],
    options: { ...toJson },
    more: gatewayHelp,
    example: `openclaw sessions ${verb} trip`,
    run: ({ options: { json }, words: [key] }, io) =>
      throughGateway(io, { json }, async (client) => {
        const { answer, told } = await make(client, key);
        io.out(json ? JSON.stringify(answer, null, 2) : told);
        return exitDone;
      }),
  });
}
