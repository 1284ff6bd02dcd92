/** `openclaw tools list`: every tool of an agent, and where it may be used. MCP servers are not started for it. */
import type { Decision } from "../server/agent/tools/policy.ts";
import { ownToolNames } from "../server/agent/tools/tool-names.ts";
import { ofAgent, toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { tableLines } from "./table.ts";
import { agentTools } from "./tools-policy.ts";

export const toolsList = defineCommand({
  name: "tools list",
  summary: "list the tools of an agent and where they may be used, as the configuration has it",
  words: [],
  options: { ...ofAgent, ...toJson },
  example: "openclaw tools list --agent coder",
  run: ({ options: { agent, json } }, io) => list(agent, json, io),
});

function list(asked: string | undefined, json: boolean, io: Io): number {
  const { agent, model, servers, decide } = agentTools(asked, io);
  // What holds for all tools of a server; what is said of one of them by its name is for `explain`.
  const tools = [...ownToolNames, ...servers.map((server) => `${server}__*`)].map((name) => ({
    name,
    ...decide(name),
  }));
  if (json) {
    io.out(JSON.stringify({ agent, model, tools }, null, 2));
    return exitDone;
  }
  const rows = [
    ["TOOL", "IN RUNS", "OVER HTTP"],
    ...tools.map(({ name, run, http }) => [name, inWords(run), inWords(http)]),
  ];
  io.out(`The agent "${agent}" with ${model}:\n`);
  for (const line of tableLines(rows)) io.out(line);
  io.out("\nopenclaw tools explain TOOL says what would change it.");
  return exitDone;
}

const inWords = (decision: Decision): string =>
  decision.allowed ? "allowed" : (decision.denials[0]?.reason ?? "denied");
