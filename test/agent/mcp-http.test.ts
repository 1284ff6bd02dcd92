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
  test("lists its tools and runs them, and is sent the configured headers", async () => {
    const script = await startHttpMcpServer();
    const rig = openMcpServers({ far: { url: `${script.origin}${path}`, headers } });
    expect(await script.readRequests()).toEqual([]);
    expect(readResultText(await rig.callTool("far__echo", { text: "hi" }))).toBe("hi");
    expect(readResultText(await rig.callTool("far__shelf"))).toContain("Buy milk.");
    expect(await rig.callTool("far__weather")).toMatchObject({ isError: false, details: { degrees: 21 } });
    expect(new Set((await script.readRequests()).map(({ key }) => key))).toEqual(new Set(["k-1"]));
  });

  test("is told when a call is left, and the call ends at once", async () => {
    const script = await startHttpMcpServer();
    const rig = openMcpServers({ far: { url: `${script.origin}${path}` } });
    await rig.listTools("far", never);
    const open = await script.countOpenResponses();
    const abort = new AbortController();
    const call = rig.callTool("far__wait", {}, abort.signal);
    await expect.poll(script.readJournal).toContain("waiting");
    abort.abort(new Error("left"));
    await expect(call).rejects.toThrow("left");
    await expect.poll(script.readJournal).toContain("cancelled");
    await expect.poll(script.countOpenResponses).toBe(open);
    expect(readResultText(await rig.callTool("far__echo", { text: "still here" }))).toBe("still here");
  });

  test("is told when a call takes too long", async () => {
    const script = await startHttpMcpServer();
    const rig = openMcpServers({ far: { url: `${script.origin}${path}`, timeoutSeconds: 1 } });
    expect(readResultText(await rig.callTool("far__wait"))).toBe(
      'The MCP server "far" did not answer in time.',
    );
    await expect.poll(script.readJournal).toContain("cancelled");
  });

  test("that crashes in the middle of a call gives an error result, and is found again after a while", async () => {
    const script = await startHttpMcpServer();
    const rig = openMcpServers({ far: { url: `${script.origin}${path}` } });
    const echo = await rig.findTool("far__echo");
    const crashed = await rig.callTool("far__crash");
    expect([crashed.isError, readResultText(crashed)]).toEqual([
      true,
      'The MCP server "far" closed the connection.',
    ]);
    const again = echo.run({ text: "hi" }, createToolContext(never));
    await expect(again).rejects.toThrow(/is down since .*: it closed the connection\. .* in 1 s\.$/);

    await startHttpMcpServer(Number(new URL(script.origin).port));
    rig.advanceClock(1_000);
    expect(readResultText(await echo.run({ text: "hi" }, createToolContext(never)))).toBe("hi");
  });
});

test("a server that is killed while a call waits gives an error result", async () => {
  const script = await startHttpMcpServer();
  const rig = openMcpServers({ far: { url: `${script.origin}/mcp` } });
  const wait = rig.callTool("far__wait");
  await expect.poll(script.readJournal).toContain("waiting");
  script.child.kill("SIGKILL");
  expect((await wait).isError).toBe(true);
});

test("a stream that ends before its answer gives an error result", async () => {
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
  const rig = openMcpServers({ far: { url: await listen(server) } });
  const output = await rig.callTool("far__half");
  expect([output.isError, readResultText(output)]).toEqual([
    true,
    "The connection was lost before the response arrived.",
  ]);
});

test("a change of the list is heard", async () => {
  const script = await startHttpMcpServer();
  const rig = openMcpServers({ far: { url: `${script.origin}/mcp` } });
  const first = await rig.listTools("far", never);
  expect(await rig.listTools("far", never)).toBe(first);
  await rig.callTool("far__grow");
  await expect.poll(() => rig.listTools("far", never)).not.toBe(first);
  expect(readResultText(await rig.callTool("far__grown"))).toBe("new");
});

test("a session that the server has forgotten is begun anew, and the call made again", async () => {
  const script = await startHttpMcpServer();
  const rig = openMcpServers({ far: { url: `${script.origin}/mcp` } });
  const echo = await rig.findTool("far__echo");
  await script.forgetSessions();
  const calls = ["1", "2", "3"].map((text) => echo.run({ text }, createToolContext(never)));
  expect((await Promise.all(calls)).map(readResultText)).toEqual(["1", "2", "3"]);
  await script.forgetSessions();
  rig.advanceClock(10 * 60_000);
  expect(await rig.listTools("far", never)).not.toEqual([]);
  const messages = rig.lines.filter(({ level }) => level !== "debug").map(({ message }) => message);
  expect(messages.filter((message) => message === "MCP server started").length).toBe(3);
  expect(messages).not.toContain("MCP server is down");
});

test("closing ends the session", async () => {
  const script = await startHttpMcpServer();
  const rig = openMcpServers({ far: { url: `${script.origin}/mcp` } });
  await rig.listTools("far", never);
  await rig.close();
  expect((await script.readRequests()).at(-1)).toMatchObject({ method: "DELETE", path: "/mcp" });
});

describe("redirects", () => {
  test("within the origin are followed", async () => {
    const script = await startHttpMcpServer();
    const rig = openMcpServers({ far: { url: `${script.origin}/near`, headers } });
    expect(readResultText(await rig.callTool("far__echo", { text: "hi" }))).toBe("hi");
  });

  test("to another origin are not, so the headers stay where they belong", async () => {
    const script = await startHttpMcpServer();
    const rig = openMcpServers({ far: { url: `${script.origin}/far`, headers } });
    await expect(rig.listTools("far", never)).rejects.toThrow(
      "it answered with status 307, a redirect to another origin",
    );
    expect(new Set((await script.readRequests()).map(({ path }) => path))).toEqual(new Set(["/far"]));
  });
});

describe("a server that is of no use is down", () => {
  test("when nobody listens", async () => {
    const server = createServer();
    const url = await listen(server);
    server.close();
    const rig = openMcpServers({ far: { url } });
    await expect(rig.listTools("far", never)).rejects.toThrow("it cannot be reached (ECONNREFUSED)");
  });

  test("when it refuses the credentials, whose text is not passed on", async () => {
    const script = await startHttpMcpServer();
    const rig = openMcpServers({ far: { url: `${script.origin}/locked`, headers } });
    await expect(rig.listTools("far", never)).rejects.toThrow(
      "it answered with status 401; check the headers that are configured for it. It can",
    );
    expect(JSON.stringify(rig.lines)).not.toMatch(/sesame|k-1/);
  });

  test("when it never answers", async () => {
    const script = await startHttpMcpServer();
    const rig = openMcpServers({ far: { url: `${script.origin}/silent`, startTimeoutSeconds: 1 } });
    await expect(rig.listTools("far", never)).rejects.toThrow("it did not answer in time");
  });

  test("when it speaks something else", async () => {
    const url = await listen(createServer((_, response) => response.end("<html>Welcome!</html>")));
    const rig = openMcpServers({ far: { url } });
    await expect(rig.listTools("far", never)).rejects.toThrow(
      "it answered with something that is not of the protocol",
    );
  });

  test("when its answer is too large", async () => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 0, result: { text: "x".repeat(11e6) } });
    const server = createServer((_, response) => {
      response.setHeader("content-type", "application/json");
      response.end(body);
    });
    const rig = openMcpServers({ far: { url: await listen(server) } });
    await expect(rig.listTools("far", never)).rejects.toThrow("too large");
  });
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}
