/** MCP servers that crash, hang, babble or do not exist: the run gets an error result, and nothing is left behind. */
import { describe, expect, test } from "vitest";
import type { Tool } from "../../server/agent/types.ts";
import { contextWith, mcpRig, textOf, type McpRig } from "../support/mcp.ts";
import { isRunning, stdioScript } from "../support/mcp-scripts.ts";

const never = new AbortController().signal;

/** A server of one line of JavaScript. */
const inline = (
  code: string,
  startTimeoutSeconds = 20,
): { command: string; args: string[]; startTimeoutSeconds: number } => ({
  command: process.execPath,
  args: ["-e", code],
  startTimeoutSeconds,
});

const run = (tool: Tool, args: unknown = {}): ReturnType<Tool["run"]> => tool.run(args, contextWith(never));
const warnings = ({ lines }: McpRig): readonly unknown[] =>
  lines.filter(({ level }) => level === "warn").map(({ fields }) => fields);

/** Processes of the server's, one of which has left its group. */
async function startHelpers(rig: McpRig): Promise<readonly number[]> {
  const helpers = textOf(await rig.call("desk__helpers"))
    .split(" ")
    .map(Number);
  expect(helpers.filter(isRunning)).toEqual(helpers);
  return helpers;
}

describe("a server that crashes in the middle of a call", () => {
  test("gives an error result, is left alone for a second, and then started again by the next call", async () => {
    const script = stdioScript();
    const rig = mcpRig({ desk: script.server });
    const echo = await rig.tool("desk__echo");
    const first = script.pid();

    const crashed = await rig.call("desk__crash");
    expect([crashed.isError, textOf(crashed)]).toEqual([true, 'The MCP server "desk" ended with code 3.']);
    await expect(run(echo, { text: "hi" })).rejects.toThrow(
      'The MCP server "desk" is down since 2026-01-01T00:00:00.000Z: it ended with code 3. It can be tried again in 1 s.',
    );
    expect(script.pid()).toBe(first);

    rig.advance(1_000);
    expect(textOf(await run(echo, { text: "hi" }))).toBe("hi");
    expect(script.pid()).not.toBe(first);
    expect(warnings(rig)).toContainEqual({ server: "desk", reason: "ended with code 3", retryInMs: 1_000 });
  });

  test("keeps its list of tools meanwhile", async () => {
    const script = stdioScript();
    const rig = mcpRig({ desk: script.server });
    const tools = await rig.toolsOf("desk", never);
    await rig.call("desk__crash");
    expect(await rig.toolsOf("desk", never)).toBe(tools);
    rig.advance(60_000);
    expect(await rig.toolsOf("desk", never)).toBe(tools);
    expect(script.journal().length).toBe(1);
  });

  test("is left alone longer each time", async () => {
    const script = stdioScript();
    const rig = mcpRig({ desk: script.server });
    const crash = await rig.tool("desk__crash");
    for (const seconds of [1, 2, 4]) {
      await run(crash);
      rig.advance(seconds * 1_000 - 1);
      await expect(run(crash)).rejects.toThrow("It can be tried again in 1 s.");
      rig.advance(1);
    }
    expect(script.journal().length).toBe(3);
  });

  test("takes with it what it has started", async () => {
    const rig = mcpRig({ desk: stdioScript().server });
    const helpers = await startHelpers(rig);
    await rig.call("desk__crash");
    await expect.poll(() => helpers.filter(isRunning)).toEqual([]);
  });
});

test("a server that is killed while nobody uses it is started again when it is used", async () => {
  const script = stdioScript();
  const rig = mcpRig({ desk: script.server });
  const echo = await rig.tool("desk__echo");
  process.kill(script.pid(), "SIGKILL");
  await expect.poll(() => warnings(rig)).toMatchObject([{}, { reason: "was ended by SIGKILL" }]);
  rig.advance(1_000);
  expect(textOf(await run(echo, { text: "hi" }))).toBe("hi");
});

describe("a server that cannot be started", () => {
  test("is down in words that name no path", async () => {
    const rig = mcpRig({ desk: { command: "/nowhere/no-such-server" } });
    const down =
      'The MCP server "desk" is down since 2026-01-01T00:00:00.000Z: it cannot be started: there is no such command, or no such folder to start it in. It can be tried again in 1 s.';
    await expect(rig.toolsOf("desk", never)).rejects.toThrow(down);
    await expect(rig.toolsOf("desk", never)).rejects.toThrow(down);
    expect(warnings(rig).length).toBe(1);
    rig.advance(1_500);
    await expect(rig.toolsOf("desk", never)).rejects.toThrow(
      "since 2026-01-01T00:00:00.000Z: it cannot be started",
    );
    expect(warnings(rig).length).toBe(2);
  });

  test("because it ends at once is down with its code", async () => {
    const rig = mcpRig({ desk: inline("process.exit(7)") });
    await expect(rig.toolsOf("desk", never)).rejects.toThrow("it ended with code 7");
  });

  test("because it never answers is given up after its time, and ended", async () => {
    const rig = mcpRig({ desk: inline("console.error(process.pid); setInterval(() => {}, 1000)", 3) });
    await expect(rig.toolsOf("desk", never)).rejects.toThrow("it did not answer in time");
    const line = rig.lines.find(({ message }) => message === "MCP server's stderr");
    const pid = Number(line?.fields["line"]);
    expect(pid).toBeGreaterThan(0);
    expect(isRunning(pid)).toBe(false);
  });

  test("because it writes garbage without end is given up after its time", async () => {
    const babble = 'const b = "garbage ".repeat(99) + "\\n"; const w = () => process.stdout.write(b, w); w()';
    const rig = mcpRig({ desk: inline(babble, 1) });
    await expect(rig.toolsOf("desk", never)).rejects.toThrow("it did not answer in time");
  });

  test("because it writes one line without end is given up after its time", async () => {
    const babble = 'const b = "x".repeat(1e6); const w = () => process.stdout.write(b, w); w()';
    const rig = mcpRig({ desk: inline(babble, 1) });
    await expect(rig.toolsOf("desk", never)).rejects.toThrow("it did not answer in time");
  });

  test("because its messages are too large is ended", async () => {
    const rig = mcpRig({ desk: inline('console.log("x".repeat(11e6)); setInterval(() => {}, 1000)') });
    await expect(rig.toolsOf("desk", never)).rejects.toThrow(
      "it wrote a message of more than 10485760 bytes",
    );
  });

  test("does not keep others from theirs", async () => {
    const rig = mcpRig({ bad: { command: "no-such-server" }, good: stdioScript().server });
    await expect(rig.toolsOf("bad", never)).rejects.toThrow("down");
    expect(textOf(await rig.call("good__echo", { text: "hi" }))).toBe("hi");
  });
});

describe("closing", () => {
  test("ends a server that leaves when its input ends", async () => {
    const script = stdioScript();
    const rig = mcpRig({ desk: script.server });
    await rig.toolsOf("desk", never);
    await rig.close();
    expect(isRunning(script.pid())).toBe(false);
    expect(warnings(rig).length).toBe(1);
  });

  test("ends a server that heeds neither its input nor SIGTERM, and what it has started", async () => {
    const script = stdioScript("stubborn");
    const rig = mcpRig({ desk: script.server });
    const helpers = await startHelpers(rig);
    await rig.close();
    expect(script.journal()).toContain("asked to end");
    expect(isRunning(script.pid())).toBe(false);
    expect(helpers.filter(isRunning)).toEqual([]);
  });

  test("ends calls that are under way, and takes no more", async () => {
    const script = stdioScript();
    const rig = mcpRig({ desk: script.server });
    const echo = await rig.tool("desk__echo");
    const wait = run(await rig.tool("desk__wait"));
    await expect.poll(script.journal).toContain("waiting");
    await rig.close();
    expect((await wait).isError).toBe(true);
    await expect(run(echo)).rejects.toThrow("The gateway is stopping.");
    await expect(rig.toolsOf("desk", never)).rejects.toThrow("The gateway is stopping.");
  });

  test("does not wait for a server that is still starting", async () => {
    const script = stdioScript("slow", "60000");
    const rig = mcpRig({ desk: { ...script.server, startTimeoutSeconds: 60 } });
    const tools = rig.toolsOf("desk", never);
    await expect.poll(script.journal).not.toEqual([]);
    const refused = expect(tools).rejects.toThrow("The gateway is stopping.");
    await rig.close();
    await refused;
    expect(isRunning(script.pid())).toBe(false);
  });
});
