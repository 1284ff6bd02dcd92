/** POST /mcp: the agents, and on request their tools, as tools of an MCP client. */
import { z } from "zod";
import { endpoint } from "../../endpoint.ts";
import { limits, longText, shortText } from "../../limits.ts";
import { AgentHeaders } from "../agent-headers.ts";
import { RateLimitHeaders } from "../rate-limits.ts";
import { JsonRpcMessage, JsonRpcRequest, JsonRpcResponse } from "./json-rpc.ts";

const { shape } = AgentHeaders;
const sessionId = z
  .string()
  .min(1)
  .max(limits.shortText)
  .regex(/^[!-~]+$/, "must be visible ASCII without spaces");

/** The arguments of an agent's tool. */
export const AgentToolInput = z.object({
  message: longText().min(1).describe("What the agent should do, with everything that it must know."),
  sessionKey: shape["x-openclaw-session-key"].describe(
    "Name of a conversation. The agent remembers the earlier messages that came with the same name. Without it, it remembers nothing.",
  ),
});

export const sendMcpMessage = endpoint({
  id: "sendMcpMessage",
  method: "post",
  path: "/mcp",
  tag: "MCP",
  summary: "Call agents as tools, over MCP",
  description:
    "MCP over Streamable HTTP, for the protocol versions from `2024-11-05` to `2026-07-28`. Each agent that the caller can use is a tool with the agent's id as its name and the agent's `description`; its arguments are `message` and `sessionKey`. With `gateway.http.endpoints.mcp.tools`, the tools of the agent in `x-openclaw-agent-id`, or of the default agent, are offered too, to callers with the permission `tools` and under the policy of `POST /tools/invoke`; an agent hides a tool of the same name. The gateway keeps nothing between two messages: the id that `initialize` returns in `Mcp-Session-Id` only says whose call a `notifications/cancelled` cancels. Closing the connection cancels the call too, as `gateway.http.onDisconnect` says. Only POST is served: there is no stream of the server's own messages, and no batch. A repeated call is another call: `Idempotency-Key` has no effect.",
  auth: "run",
  enabledBy: ["gateway.http.endpoints.mcp.enabled"],
  headers: AgentHeaders.pick({
    "x-openclaw-agent-id": true,
    "x-openclaw-agent": true,
    "x-openclaw-model": true,
  }).extend({
    "x-openclaw-agent-id": shortText()
      .optional()
      .describe(
        "Id of the agent. Without it, all agents are tools; with it only this one. Case-insensitive. An unknown id is 404 `model_not_found`.",
      ),
    "x-openclaw-session-key": shape["x-openclaw-session-key"].describe(
      "Key of the session for calls without `sessionKey`, as in other endpoints.",
    ),
    "mcp-session-id": sessionId
      .optional()
      .describe("The id that the response to `initialize` had, for `notifications/cancelled`."),
    "mcp-protocol-version": shortText()
      .optional()
      .describe("Protocol version of the message, after `initialize`."),
  }),
  body: JsonRpcRequest,
  bodyLimit: "gateway.http.endpoints.mcp.maxBodyBytes",
  responses: {
    200: JsonRpcResponse,
    202: { description: "The notification is accepted. The response has no body." },
  },
  events: JsonRpcMessage,
  eventNames: "message",
  replyHeaders: z
    .object({
      "mcp-session-id": sessionId
        .optional()
        .describe("Only `initialize` returns it. Send it with later messages."),
    })
    .extend(RateLimitHeaders.shape),
  errorShape: "json-rpc",
  errors: ["model_not_found"],
});
