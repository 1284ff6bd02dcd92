/** The tools of an MCP server at a URL. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { createToolContext, openMcpServers, readResultText } from "../support/tools/mcp-servers.ts";
import { startHttpMcpServer } from "../support/tools/mcp-processes.ts";

const never = new AbortController().signal;
const headers = { "x-key": "k-1" };

describe.each(["/mcp", "/modern"])("a server at %s", (path) => {
  test("lists its tools, runs them and gets the configured headers", async () => {
    const script = await startHttpMcpServer();
    const servers = openMcpServers({ far: { url: `${script.origin}${path}`, headers } });
    expect(await script.readRequests()).toEqual([]);
    expect(readResultText(await servers.callTool("far__echo", { text: "hi" }))).toBe("hi");
    expect(readResultText(await servers.callTool("far__shelf"))).toContain("Buy milk.");
    expect(await servers.callTool("far__weather")).toMatchObject({
      isError: false,
      details: { degrees: 21 },
    });
    expect(new Set((await script.readRequests()).map(({ key }) => key))).toEqual(new Set(["k-1"]));
  });

  test("is notified when a call is aborted, and the call ends at once", async () => {
    const script = await startHttpMcpServer();
    const servers = openMcpServers({ far: { url: `${script.origin}${path}` } });
    await servers.listTools("far", never);
    const open = await script.countOpenResponses();
    const abort = new AbortController();
    const call = servers.callTool("far__wait", {}, abort.signal);
    await expect.poll(script.readJournal).toContain("waiting");
    abort.abort(new Error("left"));
    await expect(call).rejects.toThrow("left");
    await expect.poll(script.readJournal).toContain("cancelled");
    await expect.poll(script.countOpenResponses).toBe(open);
    expect(readResultText(await servers.callTool("far__echo", { text: "still here" }))).toBe("still here");
  });

  test("is notified when a call times out", async () => {
    const script = await startHttpMcpServer();
    const servers = openMcpServers({ far: { url: `${script.origin}${path}`, timeoutSeconds: 1 } });
    expect(readResultText(await servers.callTool("far__wait"))).toBe(
      'The MCP server "far" did not respond in time.',
    );
    await expect.poll(script.readJournal).toContain("cancelled");
  });

  test("that crashes during a call gives an error result, and is connected again later", async () => {
    const script = await startHttpMcpServer();
    const servers = openMcpServers({ far: { url: `${script.origin}${path}` } });
    const echo = await servers.findTool("far__echo");
    const crashed = await servers.callTool("far__crash");
    expect([crashed.isError, readResultText(crashed)]).toEqual([
      true,
      'The MCP server "far" closed the connection.',
    ]);
    const again = echo.run({ text: "hi" }, createToolContext(never));
    await expect(again).rejects.toThrow(/has been down since .*: it closed the connection\. .* in 1 s\.$/);

    await startHttpMcpServer(Number(new URL(script.origin).port));
    servers.advanceClock(1_000);
    expect(readResultText(await echo.run({ text: "hi" }, createToolContext(never)))).toBe("hi");
  });
});

test("a server that is killed while a call waits gives an error result", async () => {
  const script = await startHttpMcpServer();
  const servers = openMcpServers({ far: { url: `${script.origin}/mcp` } });
  const wait = servers.callTool("far__wait");
  await expect.poll(script.readJournal).toContain("waiting");
  script.child.kill("SIGKILL");
  expect((await wait).isError).toBe(true);
});

test("a stream that ends before the response gives an error result", async () => {
  const tools = [{ name: "half", inputSchema: { type: "object" } }];
  const capabilities = { tools: {} };
  const serverInfo = { name: "half", version: "1" };
  const results: Readonly<Record<string, unknown>> = {
    initialize: { protocolVersion: "2025-06-18", capabilities, serverInfo },
    "tools/list": { tools },
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    if (request.method !== "POST") return response.writeHead(405).end();
    const { id, method } = (await json(request)) as { id?: number; method: string };
    if (method === "tools/call") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      return response.end(": so far, so good\n\n");
    }
    const result = results[method];
    const error = { code: -32_601, message: "Method not found" };
    response.writeHead(id === undefined ? 202 : 200, { "content-type": "application/json" });
    return response.end(
      JSON.stringify({ jsonrpc: "2.0", id, ...(result === undefined ? { error } : { result }) }),
    );
  };
  const server = createServer((request, response) => void answer(request, response));
  const servers = openMcpServers({ far: { url: await listen(server) } });
  const output = await servers.callTool("far__half");
  expect([output.isError, readResultText(output)]).toEqual([
    true,
    "The connection was lost before the response arrived.",
  ]);
});

test("a changed list is fetched again", async () => {
  const script = await startHttpMcpServer();
  const servers = openMcpServers({ far: { url: `${script.origin}/mcp` } });
  const first = await servers.listTools("far", never);
  expect(await servers.listTools("far", never)).toBe(first);
  await servers.callTool("far__grow");
  await expect.poll(() => servers.listTools("far", never)).not.toBe(first);
  expect(readResultText(await servers.callTool("far__grown"))).toBe("new");
});

test("an expired session is replaced and the call is repeated", async () => {
  const script = await startHttpMcpServer();
  const servers = openMcpServers({ far: { url: `${script.origin}/mcp` } });
  const echo = await servers.findTool("far__echo");
  await script.forgetSessions();
  const calls = ["1", "2", "3"].map((text) => echo.run({ text }, createToolContext(never)));
  expect((await Promise.all(calls)).map(readResultText)).toEqual(["1", "2", "3"]);
  await script.forgetSessions();
  servers.advanceClock(10 * 60_000);
  expect(await servers.listTools("far", never)).not.toEqual([]);
  const messages = servers.lines.filter(({ level }) => level !== "debug").map(({ message }) => message);
  expect(messages.filter((message) => message === "MCP server started").length).toBe(3);
  expect(messages).not.toContain("MCP server is down");
});

test("closing ends the session", async () => {
  const script = await startHttpMcpServer();
  const servers = openMcpServers({ far: { url: `${script.origin}/mcp` } });
  await servers.listTools("far", never);
  await servers.close();
  expect((await script.readRequests()).at(-1)).toMatchObject({ method: "DELETE", path: "/mcp" });
});

describe("redirects", () => {
  test("within the origin are followed", async () => {
    const script = await startHttpMcpServer();
    const servers = openMcpServers({ far: { url: `${script.origin}/near`, headers } });
    expect(readResultText(await servers.callTool("far__echo", { text: "hi" }))).toBe("hi");
  });

  test("to another origin are not followed, so that the headers do not leave the origin", async () => {
    const script = await startHttpMcpServer();
    const servers = openMcpServers({ far: { url: `${script.origin}/far`, headers } });
    await expect(servers.listTools("far", never)).rejects.toThrow(
      "it responded with status 307, a redirect to another origin",
    );
    expect(new Set((await script.readRequests()).map(({ path }) => path))).toEqual(new Set(["/far"]));
  });
});

describe("a server is down", () => {
  test("when its port is closed", async () => {
    const server = createServer();
    const url = await listen(server);
    server.close();
    const servers = openMcpServers({ far: { url } });
    await expect(servers.listTools("far", never)).rejects.toThrow("it cannot be reached (ECONNREFUSED)");
  });

  test("when it rejects the credentials, without its error text", async () => {
    const script = await startHttpMcpServer();
    const servers = openMcpServers({ far: { url: `${script.origin}/locked`, headers } });
    await expect(servers.listTools("far", never)).rejects.toThrow(
      "it responded with status 401; check the headers that are configured for it. It can",
    );
    expect(JSON.stringify(servers.lines)).not.toMatch(/sesame|k-1/);
  });

  test("when it never responds", async () => {
    const script = await startHttpMcpServer();
    const servers = openMcpServers({ far: { url: `${script.origin}/silent`, startTimeoutSeconds: 1 } });
    await expect(servers.listTools("far", never)).rejects.toThrow("it did not respond in time");
  });

  test("when its response is not MCP", async () => {
    const url = await listen(createServer((_, response) => response.end("<html>Welcome!</html>")));
    const servers = openMcpServers({ far: { url } });
    await expect(servers.listTools("far", never)).rejects.toThrow("it sent a response that is not valid MCP");
  });

  test("when its response is too large", async () => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 0, result: { text: "x".repeat(11e6) } });
    const server = createServer((_, response) => {
      response.setHeader("content-type", "application/json");
      response.end(body);
    });
    const servers = openMcpServers({ far: { url: await listen(server) } });
    await expect(servers.listTools("far", never)).rejects.toThrow("too large");
  });
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}
