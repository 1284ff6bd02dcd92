/** MCP servers that speak the older HTTP with SSE: a stream of events for answers, and a POST for each message. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { openMcpServers, readResultText } from "../support/tools/mcp-servers.ts";

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly arguments?: { readonly text?: string } };
}

interface SseServer {
  readonly url: string;
  /** The paths of the requests, each with its method and its key. */
  readonly requests: readonly string[];
  /** Ends all streams, as a restart does. */
  cut(): void;
}

const echo = {
  name: "echo",
  description: "Says it again.",
  inputSchema: { type: "object", properties: { text: { type: "string" } } },
};

/** Returns the result of a request; undefined for a call that never ends. */
function answer({ method, params }: Message): object | undefined {
  if (method === "initialize")
    return {
      protocolVersion: "2024-11-05",
      capabilities: { tools: {} },
      serverInfo: { name: "old", version: "1" },
    };
  if (method === "tools/list") return { tools: [echo] };
  const text = params?.arguments?.text ?? "";
  return text === "wait" ? undefined : { content: [{ type: "text", text }] };
}

async function startSseServer(): Promise<SseServer> {
  const streams = new Map<string, ServerResponse>();
  const requests: string[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://server");
    requests.push(`${request.method} ${pathname} ${request.headers["x-key"]?.toString() ?? ""}`.trim());
    if (request.method === "GET" && pathname === "/sse") {
      const id = String(requests.length);
      streams.set(id, response);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`event: endpoint\ndata: /messages?session=${id}\n\n`);
      return;
    }
    if (pathname !== "/messages") return void response.writeHead(405, { allow: "GET" }).end();
    const stream = streams.get(searchParams.get("session") ?? "");
    const message = (await json(request)) as Message;
    response.writeHead(stream === undefined ? 404 : 202).end();
    const result = message.id === undefined ? undefined : answer(message);
    if (result !== undefined)
      stream?.write(
        `event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", id: message.id, result })}\n\n`,
      );
  };
  const server: Server = createServer((request, response) => void handle(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => server.closeAllConnections());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`,
    requests,
    cut() {
      for (const stream of streams.values()) stream.destroy();
      streams.clear();
    },
  };
}

test.for([
  ["it is configured", { type: "sse" }],
  ["another program's list says so", { transport: "sse" }],
] as const)("tools are listed and called with the configured headers: %s", async ([, spelling]) => {
  const server = await startSseServer();
  const servers = openMcpServers({ old: { url: server.url, headers: { "x-key": "k" }, ...spelling } });
  expect(readResultText(await servers.callTool("old__echo", { text: "hi" }))).toBe("hi");
  expect(server.requests[0]).toBe("GET /sse k");
  expect(new Set(server.requests.slice(1))).toEqual(new Set(["POST /messages k"]));
});

test("a server that rejects the newer transport is asked with the older one", async () => {
  const server = await startSseServer();
  const servers = openMcpServers({ old: { url: server.url } });
  expect(readResultText(await servers.callTool("old__echo", { text: "hi" }))).toBe("hi");
  expect(server.requests[0]).toBe("POST /sse");
  const strict = openMcpServers({ old: { url: server.url, type: "http" } });
  await expect(strict.findTool("old__echo")).rejects.toThrow("responded with status 405");
});

test("a stream that is lost ends its calls at once, and the server is connected again", async () => {
  const server = await startSseServer();
  const servers = openMcpServers({ old: { url: server.url, type: "sse" } });
  const call = servers.callTool("old__echo", { text: "wait" });
  await expect.poll(() => server.requests.filter((line) => line.startsWith("POST")).length).toBe(4);
  server.cut();
  expect(readResultText(await call)).toBe('The MCP server "old" closed the connection.');
  servers.advanceClock(1_000);
  expect(readResultText(await servers.callTool("old__echo", { text: "again" }))).toBe("again");
});

test("a server that is disabled is not contacted", async () => {
  const server = await startSseServer();
  const servers = openMcpServers({ old: { url: server.url, type: "sse", disabled: true } });
  expect(servers.serverNames).toEqual([]);
  await expect(servers.findTool("old__echo")).rejects.toThrow('no MCP server "old"');
  expect(server.requests).toEqual([]);
});
