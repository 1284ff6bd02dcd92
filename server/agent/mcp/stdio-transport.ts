/** The stdio transport: messages are lines on stdin and stdout of a process, stderr goes to the log. */
import { deserializeMessage, serializeMessage, type Transport } from "@modelcontextprotocol/client";
import { DEFAULT_INHERITED_ENV_VARS } from "@modelcontextprotocol/client/stdio";
import type { Config } from "../../../contracts/config/config.ts";
import { reveal, type Secret } from "../../../contracts/config/secret.ts";
import type { ListProcesses } from "../exec/process-table.ts";
import type { Log } from "../../lib/ports.ts";
import type { McpTransport } from "./transport.ts";
import { startServerProcess, type ServerProcess } from "./server-process.ts";
import { createLineSplitter } from "./line-splitter.ts";

export type StdioServer = Extract<Config["tools"]["mcpServers"][string], { command: string }>;

interface StdioTransportDeps {
  readonly name: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly listProcesses: ListProcesses;
}

const maxMessageBytes = 10 * 1024 * 1024;
const maxLoggedLength = 256;
const inheritedNames = [...DEFAULT_INHERITED_ENV_VARS, "LANG", "LC_ALL", "TMPDIR", "TZ"];

/** The SDK's own transport ends only the child process; this one also ends every process the child has started. */
export function createStdioTransport(server: StdioServer, deps: StdioTransportDeps): McpTransport {
  const { name, log, listProcesses } = deps;
  let serverProcess: ServerProcess | undefined;
  let isClosing = false;
  let reason: string | undefined;
  const ended = Promise.withResolvers<void>();

  const sdkTransport: Transport = {
    async start() {
      const { command, args, cwd } = server;
      const env = createServerEnvironment(deps.env, server.env);
      serverProcess = await startServerProcess({ command, args, cwd, env, listProcesses });
      serverProcess.stdout.on("data", createLineSplitter(maxMessageBytes, receive));
      serverProcess.stderr.on(
        "data",
        createLineSplitter(maxLoggedLength * 4, (line) => {
          log.debug("MCP server's stderr", { server: name, line: line.slice(0, maxLoggedLength) });
        }),
      );
      void watchExit(serverProcess);
      // `close` was called while the process was starting.
      if (isClosing) await serverProcess.end();
    },
    async send(message) {
      await serverProcess?.write(serializeMessage(message));
    },
    close,
  };

  async function watchExit(process: ServerProcess): Promise<void> {
    markEnded(await process.ended);
  }

  function markEnded(endReason: string): void {
    if (reason !== undefined) return;
    reason = endReason;
    ended.resolve();
    sdkTransport.onclose?.();
  }

  function receive(line: string, isTruncated: boolean): void {
    if (line === "") return;
    if (isTruncated) {
      markEnded(`wrote a message of more than ${maxMessageBytes} bytes`);
      void close();
      return;
    }
    let message;
    try {
      message = deserializeMessage(line);
    } catch {
      // Many servers print a greeting to stdout. The log helps if a server never responds.
      log.debug("an MCP server wrote an invalid line", {
        server: name,
        line: line.slice(0, maxLoggedLength),
      });
      return;
    }
    sdkTransport.onmessage?.(message);
  }

  async function close(): Promise<void> {
    isClosing = true;
    await serverProcess?.end();
  }

  return { sdkTransport, ended: ended.promise, getEndReason: () => reason, isExpired: () => false, close };
}

/** What every program needs and what is configured; nothing else of the gateway's own environment. */
function createServerEnvironment(
  env: NodeJS.ProcessEnv,
  configured: Readonly<Record<string, Secret>>,
): Record<string, string> {
  const inheritedEntries = inheritedNames.flatMap((name) => {
    const value = env[name];
    // A value that begins with "()" is an exported shell function.
    return value === undefined || value.startsWith("()") ? [] : [[name, value] as const];
  });
  const configuredEntries = Object.entries(configured).map(
    ([name, secret]) => [name, reveal(secret)] as const,
  );
  return Object.fromEntries([...inheritedEntries, ...configuredEntries]);
}
