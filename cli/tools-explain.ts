/** `openclaw tools explain`: whether a tool is allowed, which setting denies it, and how to allow it. */
import type { Decision } from "../server/agent/tools/policy.ts";
import {
  toCanonicalName,
  policyEntryNames,
  getMcpPrefix,
  builtInToolNames,
} from "../server/lib/tool-names.ts";
import { suggest } from "../server/lib/did-you-mean.ts";
import { agentOption, defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { resolveAgentTools } from "./resolve-agent-tools.ts";

export const toolsExplain = defineCommand({
  name: "tools explain",
  summary: "explain whether an agent may use a tool, what denies it, and how to allow it",
  positionals: ["TOOL"],
  options: { ...agentOption, ...jsonOption },
  example: "openclaw tools explain exec --agent coder",
  run: ({ options, positionals: [tool] }, io) => explain(tool, options, io),
});

interface ExplainOptions {
  readonly agent: string | undefined;
  readonly json: boolean;
}

/** Uses the configuration only. It does not check that an MCP server has the tool. */
function explain(requestedName: string, options: ExplainOptions, io: Io): number {
  const { agent, model, servers, decide } = resolveAgentTools(options.agent, io);
  const tool = toCanonicalName(requestedName);
  const exists =
    builtInToolNames.some((name) => name === tool) ||
    servers.some((server) => tool.startsWith(getMcpPrefix(server)));
  if (!exists) {
    const names = [...builtInToolNames, ...servers.map((server) => `${server}__*`)];
    const suggestion = suggest(requestedName, policyEntryNames);
    const hint = suggestion === undefined ? `Tools: ${names.join(", ")}.` : `Did you mean "${suggestion}"?`;
    throw new Error(`There is no tool "${requestedName}". ${hint}`);
  }
  const { run, http } = decide(tool);
  if (options.json) {
    io.out(JSON.stringify({ tool, agent, model, run, http }, null, 2));
    return exitOk;
  }
  io.out(`${tool}, for the agent "${agent}" with ${model}:\n`);
  for (const line of [...formatDecision("in runs", run), ...formatDecision("over HTTP", http)]) io.out(line);
  return exitOk;
}

function formatDecision(where: string, decision: Decision): readonly string[] {
  const lines = decision.allowed
    ? ["allowed"]
    : decision.denials.flatMap(({ reason, remedy }) => [reason, `  to allow it, ${remedy}`]);
  return lines.map((line, index) => (index === 0 ? where : "").padEnd(11) + line);
}
