/** An MCP server over streamable HTTP, in a process of its own; it prints its address, and tells what it has been asked. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
  type NodeIncomingMessageLike,
} from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { toolServer } from "./mcp-tools.ts";

export interface SeenMcpRequest {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
}

const port = Number(process.argv[2] ?? 0);
const seen: SeenMcpRequest[] = [];
const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
/** Answers to POSTs that have not ended. */
let open = 0;
const modern = toNodeHandler(createMcpHandler(toolServer, { legacy: "reject" }));

async function withSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = request.headers["mcp-session-id"];
  const known = sessions.get(String(id));
  if (known !== undefined) return known.handleRequest(request, response);
  if (id !== undefined) return void response.writeHead(404).end();
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (session) => void sessions.set(session, transport),
  });
  await toolServer().connect(transport);
  return transport.handleRequest(request, response);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "", url: path = "" } = request;
  if (path === "/seen") return void response.end(JSON.stringify(seen));
  if (path === "/open") return void response.end(String(open));
  if (path === "/sessions/forget") {
    sessions.clear();
    return void response.end();
  }
  if (method === "POST") {
    open += 1;
    response.once("close", () => (open -= 1));
  }
  seen.push({ method, path, key: request.headers["x-key"]?.toString() });
  if (path === "/mcp") return withSession(request, response);
  if (path === "/modern") return modern(request as NodeIncomingMessageLike, response);
  if (path === "/near") return void response.writeHead(307, { location: "/mcp" }).end();
  // The same server, and yet another origin.
  if (path === "/far") {
    const location = `http://localhost:${(server.address() as AddressInfo).port}/mcp`;
    return void response.writeHead(307, { location }).end();
  }
  if (path === "/locked") return void response.writeHead(401).end("the key is sesame");
  if (path === "/silent") return;
  response.writeHead(404).end();
}

const server = createServer((request, response) => void answer(request, response));
server.listen(port, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
