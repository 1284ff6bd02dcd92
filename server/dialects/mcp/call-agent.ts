/** The tool that an agent is, and its call: a run with one message. */
import type { CallToolResult, ListToolsResult } from "@modelcontextprotocol/server";
import { z } from "zod";
import { AgentToolInput } from "../../../contracts/http/mcp/endpoint.ts";
import { foldRun } from "../../agent/fold-run.ts";
import { createMessageRun } from "../../agent/message-run.ts";
import type { Route } from "../../agent/route.ts";
import type { Agent, JsonSchema, RunSink, StartRun } from "../../agent/types.ts";
import { parseSchema } from "../../lib/validation-error.ts";
import type { McpCaller, McpServerDeps } from "./create-server.ts";
import type { Progress } from "./progress.ts";
import { toRunResult } from "./results.ts";

const agentInputSchema: JsonSchema = z.toJSONSchema(AgentToolInput, { io: "input" });

/** An agent has tools of its own, and its answers depend on more than its arguments. */
const agentAnnotations = { readOnlyHint: false, openWorldHint: true } as const;

export const describeAgent = ({ id, name, description }: Agent): ListToolsResult["tools"][number] => ({
  name: id,
  ...(name !== undefined && { title: name }),
  description: description ?? `Asks the agent "${name ?? id}", which answers in text.`,
  inputSchema: { ...agentInputSchema, type: "object" },
  annotations: agentAnnotations,
});

interface CallContext {
  readonly deps: Pick<McpServerDeps, "runAgent" | "newId">;
  readonly caller: McpCaller;
  readonly findRoute: (agent: Agent, sessionKey: string | undefined) => Route;
  readonly signal: AbortSignal;
  readonly progress: Progress | undefined;
}

/** Rejects with the failure of the run. */
export async function callAgent(
  agent: Agent,
  args: Readonly<Record<string, unknown>>,
  { deps, caller, findRoute, signal, progress }: CallContext,
): Promise<CallToolResult> {
  const { message, sessionKey } = parseSchema(AgentToolInput, args, "arguments");
  const route = findRoute(agent, sessionKey ?? caller.sessionKey);
  const run = createMessageRun({
    ...route,
    id: deps.newId("mcp_"),
    requestId: caller.requestId,
    operation: "sendMcpMessage",
    trace: caller.trace,
    credential: caller.credential,
    turns: [{ role: "user", content: [{ type: "text", text: message }] }],
    stream: progress !== undefined,
    signal,
  });
  const startRun = caller.wrapRun((sink) => deps.runAgent(run, sink), route);
  return toRunResult(await foldRun(progress === undefined ? startRun : reportRun(startRun, progress)));
}

/** Reports the text of a run and the tools that it runs. */
function reportRun(run: StartRun, progress: Progress): StartRun {
  return (sink: RunSink) =>
    run({
      ...sink,
      emit(event) {
        if (event.type === "text" || event.type === "refusal") progress.addText(event.text);
        else if (event.type === "tool_start") progress.addStep(`Runs the tool ${event.call.name}.`);
        sink.emit(event);
      },
    });
}
