/** `openclaw tools explain`: whether a tool may be used, which settings deny it, and what would allow it. */
import type { Decision } from "../server/agent/tools/policy.ts";
import { canonicalName, listedNames, mcpPrefix, ownToolNames } from "../server/agent/tools/tool-names.ts";
import { nearest } from "../server/nearest.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone, exitFailed } from "./exit-codes.ts";
import { ofAgent, toJson } from "./common-options.ts";
import type { Io } from "./io.ts";
import { agentTools } from "./tools-policy.ts";

export const toolsExplain = defineCommand({
  name: "tools explain",
  summary: "say whether an agent may use a tool, what denies it, and what would allow it",
  words: ["TOOL"],
  options: { ...ofAgent, ...toJson },
  example: "openclaw tools explain exec --agent coder",
  run: ({ options, words: [tool] }, io) => explain(tool, options, io),
});

interface ExplainOptions {
  readonly agent: string | undefined;
  readonly json: boolean;
}

/** By the configuration alone: that an MCP server has such a tool is taken on trust. */
function explain(asked: string, options: ExplainOptions, io: Io): number {
  const { agent, model, servers, decide } = agentTools(options.agent, io);
  const tool = canonicalName(asked);
  const exists =
    ownToolNames.some((name) => name === tool) ||
    servers.some((server) => tool.startsWith(mcpPrefix(server)));
  if (!exists) {
    const names = [...ownToolNames, ...servers.map((server) => `${server}__*`)];
    const meant = nearest(asked, listedNames);
    const hint = meant === undefined ? `Tools: ${names.join(", ")}.` : `Did you mean "${meant}"?`;
    io.err(`There is no tool "${asked}". ${hint}`);
    return exitFailed;
  }
  const { run, http } = decide(tool);
  if (options.json) {
    io.out(JSON.stringify({ tool, agent, model, run, http }, null, 2));
    return exitDone;
  }
  io.out(`${tool}, for the agent "${agent}" with ${model}:\n`);
  for (const line of [...linesOf("in runs", run), ...linesOf("over HTTP", http)]) io.out(line);
  return exitDone;
}

function linesOf(where: string, decision: Decision): readonly string[] {
  const lines = decision.allowed
    ? ["allowed"]
    : decision.denials.flatMap(({ reason, remedy }) => [reason, `  to allow it, ${remedy}`]);
  return lines.map((line, at) => (at === 0 ? where : "").padEnd(11) + line);
}
