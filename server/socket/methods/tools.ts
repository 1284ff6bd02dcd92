/** `tools.catalog`, `tools.effective` and `tools.invoke`. */
import type { ResultOf } from "../../../contracts/socket/method.ts";
import type { toolsCatalog, toolsEffective, toolsInvoke } from "../../../contracts/socket/tools.ts";
import type { FindRoute } from "../../agent/route.ts";
import type { InvokeTool } from "../../agent/tools/invoke-tool.ts";
import { denialMessage } from "../../agent/tools/policy.ts";
import type { ToolRegistry } from "../../agent/tools/registry.ts";
import type { ToolOutput } from "../../agent/types.ts";
import type { Departures } from "../../http/departures.ts";
import { keepingFailure, payloadOf, type Claim } from "../claims.ts";
import type { MethodHandler } from "../handler.ts";
import { routeOf } from "../route-of.ts";

interface ToolMethods {
  readonly "tools.catalog": MethodHandler<typeof toolsCatalog>;
  readonly "tools.effective": MethodHandler<typeof toolsEffective>;
  readonly "tools.invoke": MethodHandler<typeof toolsInvoke>;
}

interface ToolMethodParts {
  readonly findRoute: FindRoute;
  readonly registry: ToolRegistry;
  readonly invoke: InvokeTool;
  readonly claim: Claim;
  readonly departures: Departures;
}

type Result = ResultOf<typeof toolsInvoke>;

export function createToolMethods({
  findRoute,
  registry,
  invoke,
  claim,
  departures,
}: ToolMethodParts): ToolMethods {
  return {
    async "tools.catalog"({ params, caller, gone }) {
      const { id } = routeOf(findRoute, caller.credential.name, params).agent;
      const tools = await registry.all(id, gone);
      return {
        agentId: id,
        tools: tools.map(({ name, description, parameters }) => {
          const [server, ...rest] = name.split("__");
          return { name, description, source: rest.length > 0 && server ? server : "gateway", parameters };
        }),
      };
    },
    async "tools.effective"({ params, caller, gone }) {
      const { id, models } = routeOf(findRoute, caller.credential.name, params).agent;
      const model = models[0]?.ref ?? "";
      const tools = await registry.all(id, gone);
      return {
        agentId: id,
        model,
        tools: tools.map(({ name }) => {
          const decision = registry.decide({ agentId: id, model, surface: "run", tool: name });
          if (decision.allowed) return { name, allowed: true };
          const { by, denials } = decision;
          return { name, allowed: false, by, message: denialMessage(name, denials) };
        }),
      };
    },
    async "tools.invoke"({ params, caller, requestId }) {
      const { name, args = {}, action, idempotencyKey: key } = params;
      const credential = caller.credential.name;
      const { agentId, sessionKey } = params;
      const route = routeOf(findRoute, credential, { agentId, sessionKey });
      const claimed = await claim({ credential, key, method: "tools.invoke", params });
      if (claimed.state === "in_flight") return { ok: false, toolName: name, status: "in_flight" };
      // Kept by this very method.
      if (claimed.state === "kept") return payloadOf(claimed.answer) as Result;
      const departure = departures.detach(caller.credential.ended);
      const work = async (): Promise<Result> => {
        const invoked = await invoke({
          surface: "socket",
          requestId,
          credential,
          agent: route.agent,
          sessionKey: route.sessionKey,
          tool: name,
          action,
          args,
          dryRun: false,
          signal: departure.signal,
        });
        const output = "output" in invoked ? { output: shown(invoked.output) } : {};
        const result = { ok: true, toolName: name, ...output };
        await claimed.settle({ payload: result });
        return result;
      };
      return keepingFailure(claimed, work).finally(departure.done);
    },
  };
}

function shown({ content, details }: ToolOutput): NonNullable<Result["output"]> {
  return {
    content: content.map((part) =>
      part.type === "text"
        ? { type: part.type, text: part.text }
        : { type: part.type, data: part.data, mimeType: part.mediaType },
    ),
    ...(details !== undefined && { details }),
  };
}
