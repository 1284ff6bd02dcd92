/** A server that is a process of the gateway's own: messages are lines on stdin and stdout, stderr goes to the log. */
import { deserializeMessage, serializeMessage, type Transport } from "@modelcontextprotocol/client";
import type { Config } from "../../../contracts/config/config.ts";
import type { ListProcesses } from "../exec/process-table.ts";
import type { Log } from "../types.ts";
import type { Channel } from "./channel.ts";
import { serverEnvironment } from "./environment.ts";
import { startServerProcess, type ServerProcess } from "./server-process.ts";
import { splitLines } from "./split-lines.ts";

export type StdioServer = Extract<Config["tools"]["mcpServers"][string], { command: string }>;

interface StdioParts {
  readonly name: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly listProcesses: ListProcesses;
}

const maxMessageBytes = 10 * 1024 * 1024;
const maxLogged = 256;

/** The package's own transport ends its child alone; this one ends what the child has started, too. */
export function stdioChannel(server: StdioServer, parts: StdioParts): Channel {
  const { name, log, listProcesses } = parts;
  let running: ServerProcess | undefined;
  let closing = false;
  let reason: string | undefined;
  const ended = Promise.withResolvers<void>();

  const transport: Transport = {
    async start() {
      const { command, args, cwd } = server;
      const env = serverEnvironment(parts.env, server.env);
      running = await startServerProcess({ command, args, cwd, env, listProcesses });
      running.stdout.on("data", splitLines(maxMessageBytes, receive));
      running.stderr.on(
        "data",
        splitLines(maxLogged * 4, (line) => {
          log.debug("MCP server's stderr", { server: name, line: line.slice(0, maxLogged) });
        }),
      );
      void follow(running);
      // It was closed while the process was being started.
      if (closing) await running.end();
    },
    async send(message) {
      await running?.write(serializeMessage(message));
    },
    close,
  };

  async function follow(process: ServerProcess): Promise<void> {
    lost(await process.ended);
  }

  function lost(how: string): void {
    if (reason !== undefined) return;
    reason = how;
    ended.resolve();
    transport.onclose?.();
  }

  function receive(line: string, cut: boolean): void {
    if (line === "") return;
    if (cut) {
      lost(`wrote a message of more than ${maxMessageBytes} bytes`);
      void close();
      return;
    }
    let message;
    try {
      message = deserializeMessage(line);
    } catch {
      // Many print a greeting there. It is for whoever wonders why nothing is answered.
      log.debug("MCP server's stdout, no message", { server: name, line: line.slice(0, maxLogged) });
      return;
    }
    transport.onmessage?.(message);
  }

  async function close(): Promise<void> {
    closing = true;
    await running?.end();
  }

  return { transport, ended: ended.promise, endReason: () => reason, isExpired: () => false, close };
}
