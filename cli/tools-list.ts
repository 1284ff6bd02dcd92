/** `openclaw tools list`: lists the tools of an agent and where they are allowed. It starts no MCP servers. */
import type { Decision } from "../server/agent/tools/policy.ts";
import { builtInToolNames } from "../server/lib/tool-names.ts";
import { agentOption, defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { formatListing } from "./table.ts";

export const toolsList = defineCommand({
  name: "tools list",
  summary: "list the tools of an agent and where the configuration allows them",
  positionals: [],
  options: { ...agentOption, ...jsonOption },
  example: "openclaw tools list --agent coder",
  run: ({ options: { agent, json } }, io) => list(agent, json, io),
});

async function list(requestedAgent: string | undefined, json: boolean, io: Io): Promise<number> {
  const { resolveAgentTools } = await import("./resolve-agent-tools.ts");
  const { agent, model, servers, decide } = resolveAgentTools(requestedAgent, io);
  // The rules for all tools of a server. `explain` covers rules for a single one.
  const tools = [...builtInToolNames, ...servers.map((server) => `${server}__*`)].map((name) => ({
    name,
    ...decide(name),
  }));
  if (json) {
    io.out(JSON.stringify({ agent, model, tools }, null, 2));
    return exitOk;
  }
  const rows = tools.map(({ name, run, http }) => [name, formatDecision(run), formatDecision(http)]);
  io.out(`The agent "${agent}" with ${model}:\n`);
  for (const line of formatListing(["TOOL", "IN RUNS", "OVER HTTP"], rows, io.terminal?.columns))
    io.out(line);
  io.out("\nopenclaw tools explain TOOL shows how to change it.");
  return exitOk;
}

const formatDecision = (decision: Decision): string =>
  decision.allowed ? "allowed" : (decision.denials[0]?.reason ?? "denied");
