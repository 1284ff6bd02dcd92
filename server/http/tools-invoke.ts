/** POST /tools/invoke: a request becomes one call of a tool, its output the reply. */
import type { ReplyOf } from "../../contracts/endpoint.ts";
import type { invokeTool } from "../../contracts/http/tools.ts";
import type { FindRoute } from "../agent/route.ts";
import type { InvokeTool } from "../agent/tools/invoke-tool.ts";
import { denialMessage, type Decision } from "../agent/tools/policy.ts";
import type { ToolOutput } from "../agent/types.ts";
import { GatewayError } from "../errors.ts";
import type { Handler } from "./handler.ts";

type Reply = ReplyOf<typeof invokeTool>;

interface ToolParts {
  readonly findRoute: FindRoute;
  readonly invoke: InvokeTool;
}

export function createToolHandler({ findRoute, invoke }: ToolParts): Handler<typeof invokeTool> {
  return ({ body, headers, credential, requestId, signal }) => {
    const tool = one(["tool", body.tool], ["name", body.name]);
    if (tool === undefined) {
      throw new GatewayError("missing_required_parameter", "tool: is required", { param: "tool" });
    }
    const agentId = one(
      ["agentId", body.agentId],
      ["x-openclaw-agent-id", headers["x-openclaw-agent-id"] ?? headers["x-openclaw-agent"]],
    );
    const key = one(
      ["sessionKey", body.sessionKey],
      ["x-openclaw-session-key", headers["x-openclaw-session-key"]],
    );
    const { agent, sessionKey } = findRoute({
      surface: "tools",
      credential: credential.name,
      agentId: agentId?.value,
      model: undefined,
      sessionKey: key?.value,
      user: undefined,
      backendModel: undefined,
      fields: { agentId: agentId?.field ?? "agentId", sessionKey: key?.field ?? "sessionKey" },
    });
    const invoked = invoke({
      surface: "http",
      requestId,
      credential: credential.name,
      agent,
      sessionKey,
      tool: tool.value,
      action: body.action ?? undefined,
      args: body.args ?? {},
      dryRun: body.dryRun ?? false,
      signal,
    });
    return {
      reply: invoked.then((done) =>
        "output" in done ? resultOf(done.output) : decisionOf(tool.value, done.decision),
      ),
      headers: {
        "x-openclaw-agent-id": agent.id,
        ...(sessionKey === undefined ? {} : { "x-openclaw-session-key": sessionKey }),
      },
    };
  };
}

type Said = readonly [field: string, value: string | null | undefined];

/** The value of two fields that mean the same, and which of them has it. */
function one(first: Said, second: Said): { readonly field: string; readonly value: string } | undefined {
  const [given, other] = [first, second].flatMap(([field, value]) =>
    typeof value === "string" ? [{ field, value }] : [],
  );
  if (given !== undefined && other !== undefined && given.value !== other.value) {
    throw new GatewayError("invalid_request", `${given.field} and ${other.field} differ; send one of them.`, {
      param: given.field,
    });
  }
  return given;
}

function resultOf({ content, details }: ToolOutput): Reply {
  const parts = content.map((part) =>
    part.type === "text"
      ? { type: part.type, text: part.text }
      : { type: part.type, data: part.data, mimeType: part.mediaType },
  );
  return { ok: true, result: { content: parts, ...(details === undefined ? {} : { details }) } };
}

function decisionOf(tool: string, decision: Decision): Reply {
  if (decision.allowed) return { ok: true, dryRun: true, decision: { allowed: true } };
  const { by, denials } = decision;
  const message = denialMessage(tool, denials);
  return { ok: true, dryRun: true, decision: { allowed: false, by, message } };
}
