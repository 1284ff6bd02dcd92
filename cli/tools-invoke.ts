/** `openclaw tools invoke`: runs one tool in the running gateway. */
import type { ToolInvocation } from "../clients/typescript/src/index.ts";
import { agentOption, defineCommand, jsonOption } from "./define-command.ts";
import { exitOk, exitFailure } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { gatewayHelp, withGateway } from "./with-gateway.ts";

export const toolsInvoke = defineCommand({
  name: "tools invoke",
  summary: "run one tool in the running gateway and print its result",
  positionals: ["TOOL"],
  options: {
    args: { value: "JSON", json: true, description: "arguments as a JSON object" },
    action: { value: "NAME", description: 'value of the argument "action"' },
    ...agentOption,
    "session-key": { value: "KEY", description: "session key that the tool receives" },
    "dry-run": { description: "check the call without running the tool" },
    ...jsonOption,
  },
  details: gatewayHelp,
  example: `openclaw tools invoke exec --args '{"command": "ls -la"}'`,
  run: ({ options, positionals: [tool] }, io) =>
    withGateway(io, options, async (client) => {
      const { args = {}, action = null, agent, "session-key": sessionKey, "dry-run": dryRun, json } = options;
      const result = await client.tools.invoke({ tool, args, action, dryRun }, { agent, sessionKey });
      if (json) io.out(JSON.stringify(result, null, 2));
      else print(result, io);
      return result.type === "decision" && !result.decision.allowed ? exitFailure : exitOk;
    }),
});

function print(invocation: ToolInvocation, io: Io): void {
  if (invocation.type === "decision") {
    io.out(
      invocation.decision.allowed
        ? "The tool would run."
        : (invocation.decision.message ?? "The tool is denied."),
    );
    return;
  }
  for (const part of invocation.result.content) {
    // `out` adds the line end.
    if (part.type === "text") io.out(part.text.replace(/\n$/, ""));
    else io.out(`[${part.mimeType}; use --json for the data]`);
  }
}
