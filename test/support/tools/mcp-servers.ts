/** Creates MCP servers as the gateway does, with real processes, a recorded log and a manual clock. */
import { onTestFinished } from "vitest";
import { Config, type ConfigInput } from "../../../contracts/config/config.ts";
import { createMcpServers, type McpServers } from "../../../server/agent/mcp/servers.ts";
import type { LogFields } from "../../../server/lib/ports.ts";
import type { Tool, ToolContext, ToolOutput } from "../../../server/agent/types.ts";

type McpServersConfig = NonNullable<NonNullable<ConfigInput["tools"]>["mcpServers"]>;

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

export interface TestMcpServers extends McpServers {
  readonly lines: readonly LogLine[];
  /** Advances the clock, which stands still otherwise. */
  advanceClock(ms: number): void;
  findTool(name: string): Promise<Tool>;
  callTool(name: string, args?: unknown, signal?: AbortSignal): Promise<ToolOutput>;
}

const neverAborted = new AbortController().signal;

/** The servers close when the test finishes. */
export function openMcpServers(
  mcpServers: McpServersConfig,
  env: NodeJS.ProcessEnv = process.env,
): TestMcpServers {
  let now = Date.UTC(2026, 0, 1);
  const lines: LogLine[] = [];
  const logAt =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push({ level, message, fields });
  const servers = createMcpServers(Config.parse({ tools: { mcpServers } }).tools.mcpServers, {
    clock: () => now,
    env,
    log: { debug: logAt("debug"), info: logAt("info"), warn: logAt("warn"), error: logAt("error") },
  });
  onTestFinished(servers.close);

  async function findTool(name: string): Promise<Tool> {
    const tools = await servers.listTools(name.slice(0, name.indexOf("__")), neverAborted);
    const match = tools.find((tool) => tool.name === name);
    if (match === undefined) throw new Error(`no ${name} among ${tools.map((tool) => tool.name).join(", ")}`);
    return match;
  }
  return {
    ...servers,
    lines,
    advanceClock: (ms) => void (now += ms),
    findTool,
    callTool: async (name, args = {}, signal = neverAborted) =>
      (await findTool(name)).run(args, createToolContext(signal)),
  };
}

export function createToolContext(signal: AbortSignal): ToolContext {
  const report = (): void => {};
  return {
    runId: "run-1",
    agentId: "main",
    credential: "token",
    sessionKey: undefined,
    surface: "run",
    signal,
    report,
  };
}

/** Returns the text of a result. */
export const readResultText = ({ content }: ToolOutput): string =>
  content.map((part) => (part.type === "text" ? part.text : `<${part.mediaType}>`)).join("\n");
