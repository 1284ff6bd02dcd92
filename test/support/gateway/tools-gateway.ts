/** Starts a gateway with the test's own tools. Only the tool registry is replaced. */
import { expect } from "vitest";
import { z } from "zod";
import type { ConfigInput } from "../../../contracts/config/config.ts";
import { defineTool, textResult } from "../../../server/agent/tools/define-tool.ts";
import { createInvokeTool } from "../../../server/agent/tools/invoke-tool.ts";
import { createToolRegistry } from "../../../server/agent/tools/registry.ts";
import type { Tool, ToolContext } from "../../../server/agent/types.ts";
import { createEngine, type Engine, type EngineDeps } from "../../../server/engine.ts";
import { startTestGateway, token } from "./gateway.ts";

interface ToolsGatewayOptions {
  readonly config?: ConfigInput;
  readonly tools?: readonly Tool[];
  /** Tools by MCP server. A server with an error fails to start. */
  readonly servers?: Readonly<Record<string, readonly Tool[] | Error>>;
}

export interface ToolsGateway {
  /** The address of POST /tools/invoke. */
  readonly url: string;
  /** The log lines of tool calls so far. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** The MCP servers that were started. */
  readonly startedServers: readonly string[];
  invoke(body: unknown, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

export async function startToolsGateway(options: ToolsGatewayOptions = {}): Promise<ToolsGateway> {
  const { tools = [], servers = {}, config = {} } = options;
  const startedServers: string[] = [];
  const gateway = await startTestGateway({
    config,
    model: () => expect.fail("no model is asked"),
    async createEngine(deps): Promise<Engine> {
      const engine = await createEngine(deps);
      const registry = createToolRegistry({
        config: deps.config,
        getBuiltInTools: () => tools,
        mcp: {
          serverNames: Object.keys(servers),
          listTools: async (server) => {
            startedServers.push(server);
            const serverTools = servers[server] ?? [];
            if (serverTools instanceof Error) throw serverTools;
            return serverTools;
          },
        },
      });
      return {
        ...engine,
        registry,
        invokeTool: createInvokeTool({ ...getInvokeDeps(deps, engine), registry }),
      };
    },
  });
  const url = `${gateway.url}/tools/invoke`;
  return {
    url,
    startedServers,
    stop: gateway.stop,
    get lines() {
      return gateway.log
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ message }) => message === "tool");
    },
    invoke: (body, { headers, ...init } = {}) =>
      fetch(url, {
        method: "POST",
        body: JSON.stringify(body),
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          ...(headers as Record<string, string> | undefined),
        },
        ...init,
      }),
  };
}

function getInvokeDeps({ config, clock, newId, log }: EngineDeps, { slots }: Engine) {
  return { slots, maxSlotWaitMs: config.gateway.limits.maxWaitMs, clock, newId, log };
}

/** Creates a tool that returns its path argument. */
export const createReadTool = (onCall: (args: unknown, context: ToolContext) => void = () => {}): Tool =>
  defineTool({
    name: "read",
    description: "Reads.",
    input: z.object({ path: z.string(), lines: z.array(z.int()).optional() }),
    run: (args, context) => {
      onCall(args, context);
      return Promise.resolve(textResult(`read ${args.path}`, { bytes: 4 }));
    },
  });

/** Creates a tool with any name that calls `run` and returns its action. */
export const createActionTool = (name: string, run: (context: ToolContext) => Promise<unknown>): Tool =>
  defineTool({
    name,
    description: "Does.",
    input: z.object({ action: z.enum(["run", "stop"]).optional() }),
    run: async ({ action = "none" }, context) => {
      await run(context);
      return textResult(action);
    },
  });

/** Resolves to the error of a response, with the HTTP status. */
export async function readError(response: Response): Promise<Record<string, unknown>> {
  const body = (await response.json()) as { ok: unknown; error: Record<string, unknown> };
  expect(body.ok).toBe(false);
  expect(Object.keys(body.error)).toEqual(["message", "type", "param", "code"]);
  return { status: response.status, ...body.error };
}
