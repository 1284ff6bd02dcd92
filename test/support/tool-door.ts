/** POST /tools/invoke on a listening socket, behind all checks, over tools that the test writes itself. */
import { expect, onTestFinished } from "vitest";
import { z } from "zod";
import { Config, type ConfigInput } from "../../contracts/config/config.ts";
import { createAgents } from "../../server/agent/agents.ts";
import { createRouter } from "../../server/agent/route.ts";
import { defineTool, said } from "../../server/agent/tools/define-tool.ts";
import { createInvokeTool } from "../../server/agent/tools/invoke-tool.ts";
import { createToolRegistry } from "../../server/agent/tools/registry.ts";
import { createTurnstile } from "../../server/agent/turnstile.ts";
import type { Tool, ToolContext } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/errors.ts";
import { createGate } from "../../server/gate/credentials.ts";
import { createApp } from "../../server/http/app.ts";
import { createDepartures } from "../../server/http/departures.ts";
import type { Handlers } from "../../server/http/handler.ts";
import { listen } from "../../server/http/listener.ts";
import { createToolHandler } from "../../server/http/tools-invoke.ts";
import { randomId } from "../../server/ids.ts";
import { createLog } from "../../server/log.ts";
import { token } from "./gateway.ts";

interface DoorOptions {
  readonly config?: ConfigInput;
  readonly tools?: readonly Tool[];
  /** Tools by MCP server; a server with an error instead is down. */
  readonly servers?: Readonly<Record<string, readonly Tool[] | Error>>;
  /** Tools at the same time; nobody waits for a place. */
  readonly slots?: number;
}

export interface ToolDoor {
  readonly url: string;
  /** The lines of the log that tools have left. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Servers that were started. */
  readonly started: readonly string[];
  invoke(body: unknown, init?: RequestInit): Promise<Response>;
  /** Aborts what runs, as a gateway does that stops. */
  abortAll(reason: GatewayError): void;
}

export async function openToolDoor(options: DoorOptions = {}): Promise<ToolDoor> {
  const { tools = [], servers = {} } = options;
  const config = Config.parse(options.config ?? {});
  const { limits, tools: toolSettings } = config.gateway;
  const lines: Record<string, unknown>[] = [];
  const started: string[] = [];
  const registry = createToolRegistry({
    config,
    ownTools: () => tools,
    mcp: {
      serverNames: Object.keys(servers),
      toolsOf: async (server) => {
        started.push(server);
        const found = servers[server] ?? [];
        if (found instanceof Error) throw found;
        return found;
      },
    },
  });
  const agents = createAgents(config.agents, {
    models: { get: (ref) => ({ ref, call: () => expect.fail("no model is asked") }) },
    toolbox: registry.toolbox,
    workspaceFiles: () => Promise.resolve(""),
  });
  const log = createLog({ level: "info", format: "json" }, (line) => {
    const fields = JSON.parse(line) as Record<string, unknown>;
    if (fields["message"] === "tool") lines.push(fields);
  });
  const invokeTool = createToolHandler({
    findRoute: createRouter(() => agents, config.gateway.http),
    invoke: createInvokeTool({
      registry,
      slots: createTurnstile({
        holders: options.slots ?? 8,
        waiting: 0,
        refuse: () => new GatewayError("server_overloaded", "full", { retryAfterSeconds: 5 }),
      }),
      maxSlotWaitMs: 1_000,
      clock: Date.now,
      newId: randomId,
      log,
    }),
  });
  const departures = createDepartures();
  const app = createApp({
    newId: randomId,
    log,
    hold: () => Promise.resolve(undefined),
    departures,
    stream: { headersAfterMs: 10_000, keepAliveMs: 15_000, maxUnreadBytes: 1_048_576, slowReaderMs: 30_000 },
    rules: {
      isOn: () => true,
      stopping: () => false,
      browser: { loopback: true, allowedHosts: [], allowedOrigins: [] },
      gate: createGate(token, { count: () => {} }),
      clientAddress: () => "127.0.0.1",
      maxBodyBytes: () => toolSettings.maxBodyBytes,
      json: { maxDepth: limits.maxJsonDepth, maxNodes: limits.maxJsonNodes },
    },
    // No test of this door asks for another.
    handlers: { invokeTool } as Partial<Handlers> as Handlers,
  });
  const listener = await listen(app, { port: 0, host: "127.0.0.1", tls: undefined, limits });
  onTestFinished(() => listener.close(0));
  const url = `http://127.0.0.1:${listener.address.port}/tools/invoke`;
  return {
    url,
    lines,
    started,
    abortAll: departures.abortAll,
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

/** Says with what it was called. */
export const read = (onCall: (args: unknown, context: ToolContext) => void = () => {}): Tool =>
  defineTool({
    name: "read",
    description: "Reads.",
    input: z.object({ path: z.string(), lines: z.array(z.int()).optional() }),
    run: (args, context) => {
      onCall(args, context);
      return Promise.resolve(said(`read ${args.path}`, { bytes: 4 }));
    },
  });

/** A tool that does what it is told to, whatever its name, and says its action. */
export const doing = (name: string, run: (context: ToolContext) => Promise<unknown>): Tool =>
  defineTool({
    name,
    description: "Does.",
    input: z.object({ action: z.enum(["run", "stop"]).optional() }),
    run: async ({ action = "none" }, context) => {
      await run(context);
      return said(action);
    },
  });

/** What a failure says, with its status. */
export async function errorOf(response: Response): Promise<Record<string, unknown>> {
  const body = (await response.json()) as { ok: unknown; error: Record<string, unknown> };
  expect(body.ok).toBe(false);
  expect(Object.keys(body.error)).toEqual(["message", "type", "param", "code"]);
  return { status: response.status, ...body.error };
}
