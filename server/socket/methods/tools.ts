/** `tools.catalog`, `tools.effective` and `tools.invoke`. */
import type { ResultOf } from "../../../contracts/socket/method.ts";
import type { mcpList, toolsCatalog, toolsEffective, toolsInvoke } from "../../../contracts/socket/tools.ts";
import type { McpServers } from "../../agent/mcp/servers.ts";
import type { FindRoute } from "../../agent/route.ts";
import type { InvokeTool } from "../../agent/tools/invoke-tool.ts";
import { formatDenials } from "../../agent/tools/policy.ts";
import type { ToolRegistry } from "../../agent/tools/registry.ts";
import type { ToolOutput } from "../../agent/types.ts";
import type { InFlightRequests } from "../../transport/in-flight.ts";
import { withStoredFailure, type ClaimKey } from "../idempotency.ts";
import type { MethodHandler } from "../handler.ts";
import type { SerializedResult } from "../serialized-result.ts";
import { findSocketRoute } from "../socket-route.ts";

interface ToolMethods {
  readonly "tools.catalog": MethodHandler<typeof toolsCatalog>;
  readonly "tools.effective": MethodHandler<typeof toolsEffective>;
  readonly "tools.invoke": MethodHandler<typeof toolsInvoke>;
  readonly "mcp.list": MethodHandler<typeof mcpList>;
}

interface ToolMethodDeps {
  readonly findRoute: FindRoute;
  readonly registry: ToolRegistry;
  readonly invoke: InvokeTool;
  readonly claimKey: ClaimKey;
  readonly inFlight: InFlightRequests;
  readonly listMcpServers: ListMcpServers;
}

export type ListMcpServers = McpServers["listStates"];

type Result = ResultOf<typeof toolsInvoke>;

export function createToolMethods({
  findRoute,
  registry,
  invoke,
  claimKey,
  inFlight,
  listMcpServers,
}: ToolMethodDeps): ToolMethods {
  return {
    async "tools.catalog"({ params, caller, getSignal }) {
      const { id } = findSocketRoute(findRoute, caller.credential.name, params).agent;
      const tools = await registry.listAllTools(id, getSignal());
      return {
        agentId: id,
        tools: tools.map(({ name, description, parameters }) => {
          const [server, ...rest] = name.split("__");
          return { name, description, source: rest.length > 0 && server ? server : "gateway", parameters };
        }),
      };
    },
    async "tools.effective"({ params, caller, getSignal }) {
      const { id, models } = findSocketRoute(findRoute, caller.credential.name, params).agent;
      const model = models[0]?.ref ?? "";
      const tools = await registry.listAllTools(id, getSignal());
      return {
        agentId: id,
        model,
        tools: tools.map(({ name }) => {
          const decision = registry.decide({ agentId: id, model, surface: "run", tool: name });
          if (decision.allowed) return { name, allowed: true };
          const { by, denials } = decision;
          return { name, allowed: false, by, message: formatDenials(name, denials) };
        }),
      };
    },
    async "mcp.list"() {
      const servers = await listMcpServers();
      return { servers: servers.map((server) => ({ ...server, tools: [...server.tools] })) };
    },
    async "tools.invoke"({ params, caller, requestId, trace }) {
      const { name, args = {}, action, idempotencyKey: key } = params;
      const credential = caller.credential.name;
      const { agentId, sessionKey } = params;
      const route = findSocketRoute(findRoute, credential, { agentId, sessionKey });
      const claimResult = await claimKey({ credential, key, method: "tools.invoke", params });
      if (claimResult.state === "in_flight") return { ok: false, toolName: name, status: "in_flight" };
      if (claimResult.state === "stored") return claimResult.getResult<Result>();
      const inFlightCall = inFlight.trackDetached(
        { name: "tools.invoke", id: requestId },
        caller.credential.revoked,
      );
      const work = async (): Promise<SerializedResult<Result>> => {
        const invocation = await invoke({
          surface: "socket",
          requestId,
          trace,
          credential,
          agent: route.agent,
          sessionKey: route.sessionKey,
          tool: name,
          action,
          args,
          dryRun: false,
          signal: inFlightCall.signal,
        });
        const output = "output" in invocation ? { output: toWireOutput(invocation.output) } : {};
        return claimResult.complete<Result>({ ok: true, toolName: name, ...output });
      };
      return withStoredFailure(claimResult, work).finally(inFlightCall.finish);
    },
  };
}

function toWireOutput({ content, details }: ToolOutput): NonNullable<Result["output"]> {
  return {
    content: content.map((part) =>
      part.type === "text"
        ? { type: part.type, text: part.text }
        : { type: part.type, data: part.data, mimeType: part.mediaType },
    ),
    ...(details !== undefined && { details }),
  };
}
