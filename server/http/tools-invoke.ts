/** POST /tools/invoke: runs one tool and replies with its output. */
import type { ReplyOf } from "../../contracts/endpoint.ts";
import type { invokeTool } from "../../contracts/http/tools.ts";
import type { FindRoute } from "../agent/route.ts";
import type { InvokeTool } from "../agent/tools/invoke-tool.ts";
import { formatDenials, type Decision } from "../agent/tools/policy.ts";
import type { ToolOutput } from "../agent/types.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Handler } from "./handler.ts";

type Reply = ReplyOf<typeof invokeTool>;

interface ToolInvokeDeps {
  readonly findRoute: FindRoute;
  readonly invoke: InvokeTool;
}

export function createToolHandler({ findRoute, invoke }: ToolInvokeDeps): Handler<typeof invokeTool> {
  return ({ body, headers, credential, requestId, trace, signal }) => {
    const tool = selectField(["tool", body.tool], ["name", body.name]);
    if (tool === undefined) {
      throw new GatewayError("missing_required_parameter", "tool: is required", { param: "tool" });
    }
    const agentId = selectField(
      ["agentId", body.agentId],
      ["x-openclaw-agent-id", headers["x-openclaw-agent-id"] ?? headers["x-openclaw-agent"]],
    );
    const key = selectField(
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
    const outcome = invoke({
      surface: "http",
      requestId,
      trace,
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
      reply: outcome.then((result) =>
        "output" in result ? toToolResult(result.output) : toDecisionReply(tool.value, result.decision),
      ),
      headers: {
        "x-openclaw-agent-id": agent.id,
        ...(sessionKey === undefined ? {} : { "x-openclaw-session-key": sessionKey }),
      },
    };
  };
}

type FieldValue = readonly [field: string, value: string | null | undefined];

/** Returns the value of two equivalent fields and the name of the field that has it. Throws when they differ. */
function selectField(
  first: FieldValue,
  second: FieldValue,
): { readonly field: string; readonly value: string } | undefined {
  const [selected, duplicate] = [first, second].flatMap(([field, value]) =>
    typeof value === "string" ? [{ field, value }] : [],
  );
  if (selected !== undefined && duplicate !== undefined && selected.value !== duplicate.value) {
    throw new GatewayError(
      "invalid_request",
      `${selected.field} and ${duplicate.field} differ; send one of them.`,
      {
        param: selected.field,
      },
    );
  }
  return selected;
}

function toToolResult({ content, details }: ToolOutput): Reply {
  const parts = content.map((part) =>
    part.type === "text"
      ? { type: part.type, text: part.text }
      : { type: part.type, data: part.data, mimeType: part.mediaType },
  );
  return {
    ok: true,
    type: "result",
    result: { content: parts, ...(details === undefined ? {} : { details }) },
  };
}

function toDecisionReply(tool: string, decision: Decision): Reply {
  if (decision.allowed) return { ok: true, type: "decision", dryRun: true, decision: { allowed: true } };
  const { by, denials } = decision;
  const message = formatDenials(tool, denials);
  return { ok: true, type: "decision", dryRun: true, decision: { allowed: false, by, message } };
}
