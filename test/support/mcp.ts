/** MCP servers as the gateway has them, with real processes behind: their tools, their log, a clock that the test sets. */
import { onTestFinished } from "vitest";
import { Config, type ConfigInput } from "../../contracts/config/config.ts";
import { createMcpServers, type McpServers } from "../../server/agent/mcp/servers.ts";
import type { LogFields, Tool, ToolContext, ToolOutput } from "../../server/agent/types.ts";

type Configured = NonNullable<NonNullable<ConfigInput["tools"]>["mcpServers"]>;

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

export interface McpRig extends McpServers {
  readonly lines: readonly LogLine[];
  /** The clock goes on by itself only when the test says so. */
  advance(ms: number): void;
  tool(name: string): Promise<Tool>;
  call(name: string, args?: unknown, signal?: AbortSignal): Promise<ToolOutput>;
}

const never = new AbortController().signal;

/** Closed when the test has finished. */
export function mcpRig(mcpServers: Configured, env: NodeJS.ProcessEnv = process.env): McpRig {
  let now = Date.UTC(2026, 0, 1);
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push({ level, message, fields });
  const servers = createMcpServers(Config.parse({ tools: { mcpServers } }).tools.mcpServers, {
    clock: () => now,
    env,
    log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
  });
  onTestFinished(servers.close);

  async function tool(name: string): Promise<Tool> {
    const tools = await servers.toolsOf(name.slice(0, name.indexOf("__")), never);
    const found = tools.find((tool) => tool.name === name);
    if (found === undefined) throw new Error(`no ${name} among ${tools.map((tool) => tool.name).join(", ")}`);
    return found;
  }
  return {
    ...servers,
    lines,
    advance: (ms) => void (now += ms),
    tool,
    call: async (name, args = {}, signal = never) => (await tool(name)).run(args, contextWith(signal)),
  };
}

export function contextWith(signal: AbortSignal): ToolContext {
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

/** The text of a result, if it has no more than that. */
export const textOf = ({ content }: ToolOutput): string =>
  content.map((part) => (part.type === "text" ? part.text : `<${part.mediaType}>`)).join("\n");
