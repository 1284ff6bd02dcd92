/** Examples of POST /mcp. */
import { examplesFor } from "../endpoint.ts";
import { sendMcpMessage } from "../http/mcp/endpoint.ts";

const headers = { "mcp-protocol-version": "2025-11-25" };

export const mcp = examplesFor(sendMcpMessage, [
  {
    title: "Call an agent",
    request: {
      body: {
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "coder", arguments: { message: "Say hello." } },
      },
    },
    model: [{ text: "Hello!" }],
    events: [{ result: { content: [{ type: "text", text: "Hello!" }] }, jsonrpc: "2.0", id: 1 }],
  },
  {
    title: "Call an agent and follow its progress",
    request: {
      headers,
      body: {
        jsonrpc: "2.0",
        id: 2,
        method: "tools/call",
        params: {
          name: "coder",
          arguments: { message: "Say hello.", sessionKey: "greetings" },
          _meta: { progressToken: 2 },
        },
      },
    },
    model: [{ text: "Hello!" }],
    events: [
      {
        jsonrpc: "2.0",
        method: "notifications/progress",
        params: { progressToken: 2, progress: 1, message: "Hello!" },
      },
      { result: { content: [{ type: "text", text: "Hello!" }] }, jsonrpc: "2.0", id: 2 },
    ],
  },
  {
    title: "Cancel a call",
    request: {
      headers: { ...headers, "mcp-session-id": "mcp_session_1" },
      body: { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2 } },
    },
    reply: undefined,
    status: 202,
  },
  {
    title: "An agent that does not exist",
    request: {
      headers: { ...headers, "x-openclaw-agent-id": "nobody" },
      body: { jsonrpc: "2.0", id: 3, method: "tools/list" },
    },
    error: {
      code: "model_not_found",
      message: 'No agent "nobody". Agents: main, coder.',
      param: "x-openclaw-agent-id",
    },
  },
]);
