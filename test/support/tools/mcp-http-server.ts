/** An MCP server over streamable HTTP in its own process. It prints its address and reports the requests that it received. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
  type NodeIncomingMessageLike,
} from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { createToolServer } from "./mcp-tools.ts";

export interface McpRequestRecord {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
}

const port = Number(process.argv[2] ?? 0);
const requests: McpRequestRecord[] = [];
const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
/** The number of responses to POSTs that have not ended. */
let openResponses = 0;
const handleStateless = toNodeHandler(createMcpHandler(createToolServer, { legacy: "reject" }));

async function handleWithSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = request.headers["mcp-session-id"];
  const transportOfSession = sessions.get(String(id));
  if (transportOfSession !== undefined) return transportOfSession.handleRequest(request, response);
  if (id !== undefined) return void response.writeHead(404).end();
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (session) => void sessions.set(session, transport),
  });
  await createToolServer().connect(transport);
  return transport.handleRequest(request, response);
}

async function handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "", url: path = "" } = request;
  if (path === "/seen") return void response.end(JSON.stringify(requests));
  if (path === "/open") return void response.end(String(openResponses));
  if (path === "/sessions/forget") {
    sessions.clear();
    return void response.end();
  }
  if (method === "POST") {
    openResponses += 1;
    response.once("close", () => (openResponses -= 1));
  }
  requests.push({ method, path, key: request.headers["x-key"]?.toString() });
  if (path === "/mcp") return handleWithSession(request, response);
  if (path === "/modern") return handleStateless(request as NodeIncomingMessageLike, response);
  if (path === "/near") return void response.writeHead(307, { location: "/mcp" }).end();
  // The same server under another origin.
  if (path === "/far") {
    const location = `http://localhost:${(server.address() as AddressInfo).port}/mcp`;
    return void response.writeHead(307, { location }).end();
  }
  if (path === "/locked") return void response.writeHead(401).end("the key is sesame");
  if (path === "/silent") return;
  response.writeHead(404).end();
}

const server = createServer((request, response) => void handleRequest(request, response));
server.listen(port, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
