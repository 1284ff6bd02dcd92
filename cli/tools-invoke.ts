/** `openclaw tools invoke`: one tool, run by the gateway that is running. */
import type { ToolInvocation } from "../clients/typescript/src/index.ts";
import { ofAgent, toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone, exitFailed } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { gatewayHelp, throughGateway } from "./through-gateway.ts";

export const toolsInvoke = defineCommand({
  name: "tools invoke",
  summary: "run one tool through the running gateway and print its answer",
  words: ["TOOL"],
  options: {
    args: { value: "JSON", json: true, says: "its arguments, as a JSON object" },
    action: { value: "NAME", says: 'the argument "action" of tools that have one' },
    ...ofAgent,
    "session-key": { value: "KEY", says: "the conversation that it is told of" },
    "dry-run": { says: "check everything and run nothing" },
    ...toJson,
  },
  more: gatewayHelp,
  example: `openclaw tools invoke exec --args '{"command": "ls -la"}'`,
  run: ({ options, words: [tool] }, io) =>
    throughGateway(io, options, async (client) => {
      const { args = {}, action = null, agent, "session-key": sessionKey, "dry-run": dryRun, json } = options;
      const answer = await client.tools.invoke({ tool, args, action, dryRun }, { agent, sessionKey });
      if (json) io.out(JSON.stringify(answer, null, 2));
      else print(answer, io);
      return "decision" in answer && !answer.decision.allowed ? exitFailed : exitDone;
    }),
});

function print(answer: ToolInvocation, io: Io): void {
  if ("decision" in answer) {
    io.out(answer.decision.allowed ? "It would be run." : (answer.decision.message ?? "It is denied."));
    return;
  }
  for (const part of answer.result.content) {
    // The line's end is the terminal's business.
    if (part.type === "text") io.out(part.text.replace(/\n$/, ""));
    else io.out(`[${part.mimeType}; --json has it]`);
  }
}
