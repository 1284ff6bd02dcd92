/** POST /mcp: hands a message to an MCP server that lives as long as the request. */
import { createMcpHandler } from "@modelcontextprotocol/server";
import type { sendMcpMessage } from "../../contracts/http/mcp/endpoint.ts";
import { hasPermission } from "../../contracts/permissions.ts";
import type { GetAgents } from "../agent/agents.ts";
import { createMcpServer, type McpCaller, type McpServerDeps } from "../dialects/mcp/create-server.ts";
import type { Handler, HandlerContext } from "./handler.ts";
import { notifyOnStart } from "./notify-on-start.ts";

interface McpDeps extends McpServerDeps {
  readonly getAgents: GetAgents;
  /** Whether the tools of an agent are offered too. */
  readonly offersTools: boolean;
  readonly onDisconnect: "abort" | "finish";
}

type Context = HandlerContext<typeof sendMcpMessage>;

export function createMcpMessageHandler(deps: McpDeps): Handler<typeof sendMcpMessage> {
  return async (context) => {
    const { body } = context;
    const caller = createCaller(deps, context);
    if (body.method === "notifications/cancelled") cancelCall(deps, context);
    let failure: Error | undefined;
    const handler = createMcpHandler(() => createMcpServer(deps, caller), {
      // A call may take minutes, and proxies cut connections without a byte.
      responseMode: body.method === "tools/call" ? "sse" : "auto",
      // The list of tools follows the configuration, and is read again with every call.
      maxSubscriptions: 0,
      onerror: (error) => (failure = error),
    });
    const response = await handler.fetch(createRequest(context), { parsedBody: withoutNulls(body) });
    if (response.status >= 500) throw failure ?? new Error(`MCP's server answered ${response.status}`);
    const isNew = body.method === "initialize" && response.ok;
    return { response, headers: isNew ? { "mcp-session-id": deps.newId("mcp_session_") } : {} };
  };
}

function createCaller(
  { getAgents, findRoute, offersTools, onDisconnect }: McpDeps,
  { credential, headers, requestHeaders, requestId, trace, signal, ignoreDisconnect }: Context,
): McpCaller {
  const agents = getAgents(credential.name);
  const agentId = headers["x-openclaw-agent-id"] ?? headers["x-openclaw-agent"];
  const { agent: chosenAgent } = findRoute({
    surface: "mcp",
    credential: credential.name,
    agentId,
    model: undefined,
    sessionKey: undefined,
    user: undefined,
    backendModel: undefined,
  });
  return {
    credential: credential.name,
    agents: agentId === undefined ? agents.ids.flatMap((id) => agents.find(id) ?? []) : [chosenAgent],
    toolAgent: offersTools && hasPermission(credential.scopes, "tools") ? chosenAgent : undefined,
    sessionKey: headers["x-openclaw-session-key"],
    backendModel: headers["x-openclaw-model"],
    headers: requestHeaders,
    requestId,
    trace,
    session: headers["mcp-session-id"],
    signal,
    wrapRun: (run, { sessionKey }) =>
      sessionKey !== undefined && onDisconnect === "finish" ? notifyOnStart(run, ignoreDisconnect) : run,
  };
}

/** The server of the call is another one, perhaps on another node. */
function cancelCall({ calls }: McpDeps, { body, credential, headers }: Context): void {
  const session = headers["mcp-session-id"];
  const request = body.params?.["requestId"];
  if (session === undefined || (typeof request !== "string" && typeof request !== "number")) return;
  calls.cancel({ credential: credential.name, session, request });
}

/** MCP has no field that is null. */
const withoutNulls = (message: Context["body"]): object =>
  Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null));

/** The gateway has made the checks of a transport. Every client gets what it accepts of JSON and streams. */
function createRequest({ requestHeaders }: Context): Request {
  const headers = new Headers({
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  });
  for (const [name, value] of Object.entries(requestHeaders))
    if (name.startsWith("mcp-") && typeof value === "string") headers.set(name, value);
  return new Request("http://gateway/mcp", { method: "POST", headers });
}
