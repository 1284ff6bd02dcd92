/** MCP servers that crash, hang, write garbage or do not exist: the run gets an error result, and no process is left. */
import { describe, expect, test } from "vitest";
import type { Tool } from "../../server/agent/types.ts";
import {
  createToolContext,
  openMcpServers,
  readResultText,
  type TestMcpServers,
} from "../support/tools/mcp-servers.ts";
import { isRunning, createStdioMcpServer } from "../support/tools/mcp-processes.ts";

const never = new AbortController().signal;

/** A server that is one line of JavaScript. */
const inline = (
  code: string,
  startTimeoutSeconds = 20,
): { command: string; args: string[]; startTimeoutSeconds: number } => ({
  command: process.execPath,
  args: ["-e", code],
  startTimeoutSeconds,
});

const run = (tool: Tool, args: unknown = {}): ReturnType<Tool["run"]> =>
  tool.run(args, createToolContext(never));
const warnings = ({ lines }: TestMcpServers): readonly unknown[] =>
  lines.filter(({ level }) => level === "warn").map(({ fields }) => fields);

/** Starts child processes of the server, one of which has left its process group. */
async function startHelpers(servers: TestMcpServers): Promise<readonly number[]> {
  const helpers = readResultText(await servers.callTool("desk__helpers"))
    .split(" ")
    .map(Number);
  expect(helpers.filter(isRunning)).toEqual(helpers);
  return helpers;
}

describe("a server that crashes in the middle of a call", () => {
  test("gives an error result, waits a second, and is restarted by the next call", async () => {
    const script = createStdioMcpServer();
    const servers = openMcpServers({ desk: script.server });
    const echo = await servers.findTool("desk__echo");
    const first = script.readPid();

    const crashed = await servers.callTool("desk__crash");
    expect([crashed.isError, readResultText(crashed)]).toEqual([
      true,
      'The MCP server "desk" ended with code 3.',
    ]);
    await expect(run(echo, { text: "hi" })).rejects.toThrow(
      'The MCP server "desk" has been down since 2026-01-01T00:00:00.000Z: it ended with code 3. It can be tried again in 1 s.',
    );
    expect(script.readPid()).toBe(first);

    servers.advanceClock(1_000);
    expect(readResultText(await run(echo, { text: "hi" }))).toBe("hi");
    expect(script.readPid()).not.toBe(first);
    expect(warnings(servers)).toContainEqual({
      server: "desk",
      reason: "ended with code 3",
      retryInMs: 1_000,
    });
  });

  test("keeps its list of tools while it is down", async () => {
    const script = createStdioMcpServer();
    const servers = openMcpServers({ desk: script.server });
    const tools = await servers.listTools("desk", never);
    await servers.callTool("desk__crash");
    expect(await servers.listTools("desk", never)).toBe(tools);
    servers.advanceClock(60_000);
    expect(await servers.listTools("desk", never)).toBe(tools);
    expect(script.readJournal().length).toBe(1);
  });

  test("waits longer after each failure", async () => {
    const script = createStdioMcpServer();
    const servers = openMcpServers({ desk: script.server });
    const crash = await servers.findTool("desk__crash");
    for (const seconds of [1, 2, 4]) {
      await run(crash);
      servers.advanceClock(seconds * 1_000 - 1);
      await expect(run(crash)).rejects.toThrow("It can be tried again in 1 s.");
      servers.advanceClock(1);
    }
    expect(script.readJournal().length).toBe(3);
  });

  test("ends with the processes it has started", async () => {
    const servers = openMcpServers({ desk: createStdioMcpServer().server });
    const helpers = await startHelpers(servers);
    await servers.callTool("desk__crash");
    await expect.poll(() => helpers.filter(isRunning)).toEqual([]);
  });
});

test("a server that is killed while idle is restarted on the next use", async () => {
  const script = createStdioMcpServer();
  const servers = openMcpServers({ desk: script.server });
  const echo = await servers.findTool("desk__echo");
  process.kill(script.readPid(), "SIGKILL");
  await expect.poll(() => warnings(servers)).toMatchObject([{}, { reason: "was ended by SIGKILL" }]);
  servers.advanceClock(1_000);
  expect(readResultText(await run(echo, { text: "hi" }))).toBe("hi");
});

describe("a server that cannot be started", () => {
  test("is reported as down without a path of the host", async () => {
    const servers = openMcpServers({ desk: { command: "/nowhere/no-such-server" } });
    const down =
      'The MCP server "desk" has been down since 2026-01-01T00:00:00.000Z: it cannot be started: there is no such command, or no such folder to start it in. It can be tried again in 1 s.';
    await expect(servers.listTools("desk", never)).rejects.toThrow(down);
    await expect(servers.listTools("desk", never)).rejects.toThrow(down);
    expect(warnings(servers).length).toBe(1);
    servers.advanceClock(1_500);
    await expect(servers.listTools("desk", never)).rejects.toThrow(
      "since 2026-01-01T00:00:00.000Z: it cannot be started",
    );
    expect(warnings(servers).length).toBe(2);
  });

  test("because it exits at once is reported with its exit code", async () => {
    const servers = openMcpServers({ desk: inline("process.exit(7)") });
    await expect(servers.listTools("desk", never)).rejects.toThrow("it ended with code 7");
  });

  test("because it never responds is ended after the timeout", async () => {
    const servers = openMcpServers({
      desk: inline("console.error(process.pid); setInterval(() => {}, 1000)", 3),
    });
    await expect(servers.listTools("desk", never)).rejects.toThrow("it did not respond in time");
    const line = servers.lines.find(({ message }) => message === "MCP server's stderr");
    const pid = Number(line?.fields["line"]);
    expect(pid).toBeGreaterThan(0);
    expect(isRunning(pid)).toBe(false);
  });

  test("because it writes endless garbage is ended after the timeout", async () => {
    const babble = 'const b = "garbage ".repeat(99) + "\\n"; const w = () => process.stdout.write(b, w); w()';
    const servers = openMcpServers({ desk: inline(babble, 1) });
    await expect(servers.listTools("desk", never)).rejects.toThrow("it did not respond in time");
  });

  test("because it writes one endless line is ended after the timeout", async () => {
    const babble = 'const b = "x".repeat(1e6); const w = () => process.stdout.write(b, w); w()';
    const servers = openMcpServers({ desk: inline(babble, 1) });
    await expect(servers.listTools("desk", never)).rejects.toThrow("it did not respond in time");
  });

  test("because its messages are too large is ended", async () => {
    const servers = openMcpServers({
      desk: inline('console.log("x".repeat(11e6)); setInterval(() => {}, 1000)'),
    });
    await expect(servers.listTools("desk", never)).rejects.toThrow(
      "it wrote a message of more than 10485760 bytes",
    );
  });

  test("does not affect other servers", async () => {
    const servers = openMcpServers({
      bad: { command: "no-such-server" },
      good: createStdioMcpServer().server,
    });
    await expect(servers.listTools("bad", never)).rejects.toThrow("down");
    expect(readResultText(await servers.callTool("good__echo", { text: "hi" }))).toBe("hi");
  });
});

describe("closing", () => {
  test("ends a server that exits when its input ends", async () => {
    const script = createStdioMcpServer();
    const servers = openMcpServers({ desk: script.server });
    await servers.listTools("desk", never);
    await servers.close();
    expect(isRunning(script.readPid())).toBe(false);
    expect(warnings(servers).length).toBe(1);
  });

  test("ends a server that ignores the end of its input and SIGTERM, and the processes it has started", async () => {
    const script = createStdioMcpServer("stubborn");
    const servers = openMcpServers({ desk: script.server });
    const helpers = await startHelpers(servers);
    await servers.close();
    expect(script.readJournal()).toContain("asked to end");
    expect(isRunning(script.readPid())).toBe(false);
    expect(helpers.filter(isRunning)).toEqual([]);
  });

  test("ends calls in progress, and rejects new ones", async () => {
    const script = createStdioMcpServer();
    const servers = openMcpServers({ desk: script.server });
    const echo = await servers.findTool("desk__echo");
    const wait = run(await servers.findTool("desk__wait"));
    await expect.poll(script.readJournal).toContain("waiting");
    await servers.close();
    expect((await wait).isError).toBe(true);
    await expect(run(echo)).rejects.toThrow("The gateway is stopping.");
    await expect(servers.listTools("desk", never)).rejects.toThrow("The gateway is stopping.");
  });

  test("does not wait for a server that is still starting", async () => {
    const script = createStdioMcpServer("slow", "60000");
    const servers = openMcpServers({ desk: { ...script.server, startTimeoutSeconds: 60 } });
    const tools = servers.listTools("desk", never);
    await expect.poll(script.readJournal).not.toEqual([]);
    const rejection = expect(tools).rejects.toThrow("The gateway is stopping.");
    await servers.close();
    await rejection;
    expect(isRunning(script.readPid())).toBe(false);
  });
});
