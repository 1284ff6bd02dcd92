/** The tools of an MCP server that is a child process. */
import { describe, expect, test } from "vitest";
import { createToolContext, openMcpServers, readResultText } from "../support/tools/mcp-servers.ts";
import { createStdioMcpServer } from "../support/tools/mcp-processes.ts";
import { png } from "../support/tools/mcp-tools.ts";

const never = new AbortController().signal;

/** A server that is one JavaScript file, with one tool on each page of its list. */
function pagedServer(pages: number): { command: string; args: string[] } {
  const script = `
    const init = { capabilities: { tools: {} }, serverInfo: { name: "paged", version: "1" } };
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { id, method, params = {} } = JSON.parse(line);
      if (id === undefined) return;
      const page = Number(params.cursor ?? 1);
      const list = { tools: [{ name: "tool-" + page, inputSchema: { type: "object" } }] };
      if (page < ${pages}) list.nextCursor = String(page + 1);
      const result = method === "initialize" ? { ...init, protocolVersion: params.protocolVersion } : list;
      console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
    });`;
  return { command: process.execPath, args: ["-e", script] };
}

describe("the list", () => {
  test("has every tool with the server's prefix and its argument schema", async () => {
    const servers = openMcpServers({ desk: createStdioMcpServer().server });
    expect(servers.serverNames).toEqual(["desk"]);
    const { description, parameters } = await servers.findTool("desk__echo");
    expect(description).toBe("Repeats a text.");
    expect(parameters).toEqual({
      type: "object",
      properties: { text: { type: "string", maxLength: 100 } },
      required: ["text"],
    });
  });

  test("has the tools that the filter of the server lets through, by their own names", async () => {
    const { server } = createStdioMcpServer();
    const namesWith = async (toolFilter: object): Promise<readonly string[]> => {
      const tools = await openMcpServers({ desk: { ...server, toolFilter } }).listTools("desk", never);
      return tools.map(({ name }) => name);
    };
    const all = await namesWith({});
    expect(await namesWith({ include: ["ech*"] })).toEqual(["desk__echo"]);
    expect(await namesWith({ exclude: ["e*o"] })).toEqual(all.filter((name) => name !== "desk__echo"));
    expect(await namesWith({ include: ["echo"], exclude: ["*"] })).toEqual([]);
  });

  test("has a valid name for every tool, and logs a changed name once", async () => {
    const servers = openMcpServers({ desk: createStdioMcpServer().server });
    const tools = await servers.listTools("desk", never);
    expect(tools.filter(({ name }) => !/^[a-zA-Z0-9_-]{1,64}$/.test(name))).toEqual([]);
    const name = tools.find((tool) => tool.name.startsWith("desk__search"))?.name ?? "";
    expect(readResultText(await servers.callTool(name))).toBe("found");
    servers.advanceClock(10 * 60_000);
    await servers.listTools("desk", never);
    expect(servers.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields)).toEqual([
      { server: "desk", tool: "search.code", name },
    ]);
  });

  test("is fetched once, and again when the server announces a change", async () => {
    const servers = openMcpServers({ desk: createStdioMcpServer().server });
    const first = await servers.listTools("desk", never);
    expect(await servers.listTools("desk", never)).toBe(first);
    await servers.callTool("desk__grow");
    await expect.poll(() => servers.listTools("desk", never)).not.toBe(first);
    expect(readResultText(await servers.callTool("desk__grown"))).toBe("new");
    await expect(servers.findTool("desk__echo")).rejects.toThrow("no desk__echo");
  });

  test("is fetched again after some time if the server announces nothing", async () => {
    const servers = openMcpServers({ desk: createStdioMcpServer().server });
    const first = await servers.listTools("desk", never);
    servers.advanceClock(4 * 60_000);
    expect(await servers.listTools("desk", never)).toBe(first);
    servers.advanceClock(60_000);
    expect(await servers.listTools("desk", never)).not.toBe(first);
  });

  test("can have pages, but not endless ones", async () => {
    const servers = openMcpServers({ few: pagedServer(3), many: pagedServer(Infinity) });
    const tools = await servers.listTools("few", never);
    expect(tools.map(({ name }) => name)).toEqual(["few__tool-1", "few__tool-2", "few__tool-3"]);
    await expect(servers.listTools("many", never)).rejects.toThrow(
      'The MCP server "many" did not list its tools: it has an endless list of tools.',
    );
  });

  test("of an unknown server is rejected", async () => {
    await expect(openMcpServers({}).listTools("desk", never)).rejects.toThrow(
      'There is no MCP server "desk".',
    );
  });
});

describe("the process", () => {
  test("starts on first use, once for all waiting callers", async () => {
    const script = createStdioMcpServer("slow", "500");
    const servers = openMcpServers({ desk: script.server });
    expect(script.readJournal()).toEqual([]);
    const uses = [1, 2, 3].map((n) => servers.callTool("desk__echo", { text: String(n) }));
    expect((await Promise.all(uses)).map(readResultText)).toEqual(["1", "2", "3"]);
    expect(script.readJournal()).toEqual([`started ${script.readPid()}`]);
  });

  test("does not start for an aborted caller", async () => {
    const script = createStdioMcpServer();
    const servers = openMcpServers({ desk: script.server });
    await expect(servers.listTools("desk", AbortSignal.abort(new Error("left")))).rejects.toThrow("left");
    expect(servers.lines).toEqual([]);
    expect(script.readJournal()).toEqual([]);
  });

  test("continues to start when one of several callers aborts", async () => {
    const servers = openMcpServers({ desk: createStdioMcpServer("slow", "500").server });
    const abort = new AbortController();
    const aborted = servers.listTools("desk", abort.signal);
    const other = servers.listTools("desk", never);
    abort.abort(new Error("left"));
    await expect(aborted).rejects.toThrow("left");
    expect((await other).length).toBeGreaterThan(5);
  });

  test("gets the basic and the configured variables, and nothing else of the gateway's environment", async () => {
    const { server } = createStdioMcpServer();
    const env = {
      ...process.env,
      LANG: "C.UTF-8",
      OPENCLAW_GATEWAY_TOKEN: "t-secret",
      OPENAI_API_KEY: "sk-secret",
    };
    const servers = openMcpServers(
      { desk: { ...server, env: { ...server.env, DESK_KEY: "k-1", HOME: "/nowhere" } } },
      env,
    );
    const seen = JSON.parse(readResultText(await servers.callTool("desk__environment"))) as Record<
      string,
      string
    >;
    expect(seen).toMatchObject({
      PATH: process.env["PATH"],
      LANG: "C.UTF-8",
      DESK_KEY: "k-1",
      HOME: "/nowhere",
    });
    const usual = /^(HOME|LANG|LC_ALL|LOGNAME|PATH|SHELL|TERM|TMPDIR|TZ|USER)$/;
    const others = Object.keys(seen).filter((name) => !usual.test(name));
    expect(others.sort()).toEqual(["DESK_KEY", "JOURNAL", "OPENCLAW_EXEC_MARK"]);
  });

  test("has its stderr in the log as truncated lines", async () => {
    const servers = openMcpServers({ desk: createStdioMcpServer().server });
    await servers.listTools("desk", never);
    const stderr = servers.lines.filter(({ message }) => message === "MCP server's stderr");
    const line = `hello from the server ${"x".repeat(300)}`.slice(0, 256);
    expect(stderr).toContainEqual({
      level: "debug",
      message: expect.anything(),
      fields: { server: "desk", line },
    });
  });

  test("can print other text to stdout", async () => {
    const servers = openMcpServers({ desk: createStdioMcpServer("chatty").server });
    expect(readResultText(await servers.callTool("desk__echo", { text: "hi" }))).toBe("hi");
    const strays = servers.lines.filter(({ message }) => message === "an MCP server wrote an invalid line");
    const texts = ["A banner", '{"not": "a message"}', "y".repeat(256)];
    expect(strays.map(({ fields }) => fields["line"])).toEqual(texts);
  });

  test("can support only the newer protocol", async () => {
    const servers = openMcpServers({ desk: createStdioMcpServer("modern").server });
    expect(readResultText(await servers.callTool("desk__echo", { text: "hi" }))).toBe("hi");
  });
});

describe("arguments", () => {
  test("are checked for required keys", async () => {
    const { check } = await openMcpServers({ desk: createStdioMcpServer().server }).findTool("desk__echo");
    expect(check({ text: "hi", more: 1 })).toEqual([]);
    expect(check({})).toEqual([{ path: ["text"], kind: "missing", message: "is required" }]);
    expect(check(["hi"])).toEqual([{ path: [], kind: "type", message: "expected object" }]);
  });

  test("are checked by the server, and its message is the result", async () => {
    const servers = openMcpServers({ desk: createStdioMcpServer().server });
    const output = await servers.callTool("desk__echo", { text: "x".repeat(101) });
    expect(output.isError).toBe(true);
    expect(readResultText(output)).toMatch(/Invalid arguments.*text/s);
  });
});

describe("a result", () => {
  test("keeps text and images, with the type of their bytes", async () => {
    const { content, isError } = await openMcpServers({ desk: createStdioMcpServer().server }).callTool(
      "desk__picture",
    );
    expect(isError).toBe(false);
    expect(content).toEqual([
      { type: "text", text: "A dot:" },
      { type: "image", mediaType: "image/png", data: png },
      { type: "text", text: "[image, image/svg+xml: not shown]" },
    ]);
  });

  test("keeps text resources, and describes other content in one line", async () => {
    expect(
      readResultText(await openMcpServers({ desk: createStdioMcpServer().server }).callTool("desk__shelf")),
    ).toBe(
      [
        "Buy milk.",
        "[file note://2, application/pdf: not shown]",
        "[link to third: note://3]",
        "[audio, audio/wav: not shown]",
      ].join("\n"),
    );
  });

  test("has the structured content as details, and as text if there is no other content", async () => {
    expect(await openMcpServers({ desk: createStdioMcpServer().server }).callTool("desk__weather")).toEqual({
      content: [{ type: "text", text: '{"degrees":21}' }],
      isError: false,
      details: { degrees: 21 },
    });
  });

  test("is an error if the tool or the server reports one", async () => {
    const servers = openMcpServers({ desk: createStdioMcpServer().server });
    const rejected = await servers.callTool("desk__refuse");
    expect([rejected.isError, readResultText(rejected)]).toEqual([true, "There is no such city."]);
    const echo = await servers.findTool("desk__echo");
    await servers.callTool("desk__grow");
    const unavailable = await echo.run({ text: "hi" }, createToolContext(never));
    expect([unavailable.isError, readResultText(unavailable)]).toEqual([
      true,
      expect.stringContaining("echo not found"),
    ]);
    expect(unavailable.details).toEqual({ code: -32_602 });
  });
});

describe("a call", () => {
  test("that is aborted ends at once, and the server is notified", async () => {
    const script = createStdioMcpServer();
    const servers = openMcpServers({ desk: script.server });
    const abort = new AbortController();
    const call = servers.callTool("desk__wait", {}, abort.signal);
    await expect.poll(script.readJournal).toContain("waiting");
    abort.abort(new Error("left"));
    await expect(call).rejects.toThrow("left");
    await expect.poll(script.readJournal).toContain("cancelled");
    expect(readResultText(await servers.callTool("desk__echo", { text: "still here" }))).toBe("still here");
  });

  test("that times out is an error, and the server is notified", async () => {
    const script = createStdioMcpServer();
    const servers = openMcpServers({ desk: { ...script.server, timeoutSeconds: 1 } });
    const output = await servers.callTool("desk__wait");
    expect([output.isError, readResultText(output)]).toEqual([
      true,
      'The MCP server "desk" did not respond in time.',
    ]);
    await expect.poll(script.readJournal).toContain("cancelled");
    expect(readResultText(await servers.callTool("desk__echo", { text: "still here" }))).toBe("still here");
  });
});
