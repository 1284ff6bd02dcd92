/** An MCP server for one message of one caller: the agents as tools, and on request the tools of one agent. */
import {
  Server,
  type CallToolResult,
  type ListToolsResult,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { FindRoute, RequestHeaders, Route } from "../../agent/route.ts";
import type { InvokeTool } from "../../agent/tools/invoke-tool.ts";
import type { ToolRegistry } from "../../agent/tools/registry.ts";
import type { Agent, RunAgent, StartRun, Tool } from "../../agent/types.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { Clock, NewId } from "../../lib/ports.ts";
import type { TraceContext } from "../../lib/trace-context.ts";
import { callAgent, describeAgent } from "./call-agent.ts";
import type { CancellableCalls } from "./cancellable-calls.ts";
import { createProgress, type Progress } from "./progress.ts";
import { toFailedResult, toToolResult } from "./results.ts";

export interface McpServerDeps {
  readonly version: string;
  readonly findRoute: FindRoute;
  readonly runAgent: RunAgent;
  readonly registry: Pick<ToolRegistry, "listAllTools" | "decide">;
  readonly invokeTool: InvokeTool;
  readonly calls: CancellableCalls;
  /** Longest time without a progress notification, in milliseconds. */
  readonly heartbeatMs: number;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** What the caller may call, and as whom. */
export interface McpCaller {
  readonly credential: string;
  /** The agents that are tools. */
  readonly agents: readonly Agent[];
  /** The agent whose tools are offered; undefined: none are. */
  readonly toolAgent: Agent | undefined;
  /** The session of calls without `sessionKey`. */
  readonly sessionKey: string | undefined;
  readonly backendModel: string | undefined;
  readonly headers: RequestHeaders;
  readonly requestId: string;
  readonly trace: TraceContext | undefined;
  /** The id that `initialize` has returned. */
  readonly session: string | undefined;
  readonly signal: AbortSignal;
  /** Decides whether a disconnect aborts the run. */
  readonly wrapRun: (run: StartRun, route: Route) => StartRun;
}

export function createMcpServer(deps: McpServerDeps, caller: McpCaller): Server {
  const { credential, agents, toolAgent } = caller;
  const server = new Server(
    { name: "openclaw-gateway", version: deps.version },
    { capabilities: { tools: {} } },
  );
  server.setRequestHandler("tools/list", async () => {
    const names = new Set(agents.map(({ id }) => id));
    const tools = (await listTools()).filter(({ name }) => !names.has(name));
    return { tools: [...agents.map(describeAgent), ...tools.map(describeTool)] };
  });
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const controller = new AbortController();
    const signal = AbortSignal.any([caller.signal, controller.signal]);
    const { session } = caller;
    const { id: request } = context.mcpReq;
    const remove =
      session === undefined
        ? undefined
        : deps.calls.add({ credential, session, request }, () => controller.abort());
    const progress = openProgress(deps, context);
    try {
      const { name, arguments: args = {} } = params;
      const agent = agents.find(({ id }) => id === name);
      return agent === undefined
        ? await callTool(name, args, signal, progress)
        : await callAgent(agent, args, { deps, caller, findRoute, signal, progress });
    } catch (thrown) {
      return toFailedResult(thrown);
    } finally {
      progress?.close();
      remove?.();
    }
  });
  return server;

  async function listTools(): Promise<readonly Tool[]> {
    if (toolAgent === undefined) return [];
    const { id, models } = toolAgent;
    const model = models[0]?.ref ?? "";
    const all = await deps.registry.listAllTools(id, caller.signal);
    return all.filter(
      ({ name }) => deps.registry.decide({ agentId: id, model, surface: "http", tool: name }).allowed,
    );
  }

  async function callTool(
    tool: string,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
    progress: Progress | undefined,
  ): Promise<CallToolResult> {
    if (toolAgent === undefined) {
      const names = agents.map(({ id }) => id).join(", ");
      throw new GatewayError(
        "tool_not_found",
        `There is no tool ${JSON.stringify(tool.slice(0, 64))}. Tools: ${names}.`,
      );
    }
    const { requestId, trace } = caller;
    const { sessionKey } = findRoute(toolAgent, caller.sessionKey);
    const result = await deps.invokeTool({
      surface: "http",
      requestId,
      trace,
      credential,
      agent: toolAgent,
      sessionKey,
      tool,
      action: undefined,
      args,
      dryRun: false,
      signal,
      report: progress?.addText,
    });
    return toToolResult("output" in result ? result.output : { content: [], isError: false });
  }

  function findRoute({ id }: Agent, sessionKey: string | undefined): Route {
    return deps.findRoute({
      surface: "mcp",
      credential,
      agentId: id,
      model: undefined,
      sessionKey,
      user: undefined,
      headers: caller.headers,
      backendModel: caller.backendModel,
      fields: { agentId: "name", sessionKey: "sessionKey" },
    });
  }
}

type ListedTool = ListToolsResult["tools"][number];

const describeTool = ({ name, description, parameters }: Tool): ListedTool => ({
  name,
  description,
  inputSchema: { ...parameters, type: "object" },
});

/** Undefined for a caller that does not ask for progress. */
function openProgress(
  { heartbeatMs, clock }: McpServerDeps,
  { mcpReq }: ServerContext,
): Progress | undefined {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return createProgress({
    heartbeatMs,
    clock,
    notify(progress, message) {
      const params = { progressToken, progress, message };
      // The stream of a caller that has left takes no more notifications.
      mcpReq.notify({ method: "notifications/progress", params }).catch(() => {});
    },
  });
}
