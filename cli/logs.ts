/** `openclaw logs`: prints the newest lines of the running gateway's log, and follows it. */
import { setTimeout as wait } from "node:timers/promises";
import type { GatewaySocket } from "../clients/typescript/src/index.ts";
import { defineCommand } from "./define-command.ts";
import { exitInterrupted, exitOk } from "./exit-codes.ts";
import type { Io, Style } from "./io.ts";
import { gatewayHelp, withSocket } from "./with-gateway.ts";

const defaultIntervalMs = 1_000;
/** A gateway that restarts is found again. */
const reconnectMs = 30_000;

export const logs = defineCommand({
  name: "logs",
  summary: "print the newest lines of the running gateway's log",
  positionals: [],
  options: {
    follow: { short: "f", description: "print further lines as they are written, until Ctrl-C" },
    limit: { short: "n", value: "N", min: 1, max: 2_000, description: "most lines to print (default: 200)" },
    interval: {
      value: "MS",
      min: 100,
      max: 60_000,
      description: `how often to ask for further lines (default: ${defaultIntervalMs})`,
    },
    "local-time": { description: "print times of this machine's time zone instead of UTC" },
    json: { description: "print a JSON object per line" },
  },
  details: `The gateway keeps its last 2 000 lines. What it wrote before is where its standard output goes, for instance in
\`journalctl --user -u openclaw\` or \`docker logs\`.
${gatewayHelp}`,
  example: "openclaw logs -f --limit 20",
  run: ({ options }, io) =>
    withSocket(io, { json: options.json, ...(options.follow && { reconnectMs }) }, async (socket) => {
      const print = (line: string): void => {
        if (options.json) io.out(JSON.stringify({ type: "log", ...(JSON.parse(line) as object) }));
        else printLine(line, options["local-time"], io);
      };
      const { cursor, lines } = await socket.call("logs.tail", { limit: options.limit ?? 200 });
      lines.forEach(print);
      if (!options.follow) return exitOk;
      const stop = new AbortController();
      const handler = io.onInterrupt(() => stop.abort());
      try {
        await follow(socket, cursor, options.interval ?? defaultIntervalMs, print, stop.signal);
      } finally {
        handler.undo();
      }
      return exitInterrupted;
    }),
});

/** Resolves when the signal is aborted. */
async function follow(
  socket: GatewaySocket,
  start: number,
  intervalMs: number,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let cursor = start; ;) {
    await wait(intervalMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const page = await socket.call("logs.tail", { cursor, limit: 2_000 });
    // A restarted gateway counts from the beginning.
    if (page.cursor < cursor) cursor = 0;
    else {
      page.lines.forEach(print);
      ({ cursor } = page);
    }
  }
}

const styles: Readonly<Record<string, Style>> = { debug: "dim", warn: "yellow", error: "red", fatal: "red" };

function printLine(line: string, isLocalTime: boolean, io: Io): void {
  const { time, level, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const at = new Date(String(time));
  const when = isLocalTime ? at.toLocaleString("sv-SE") : at.toISOString().replace(/\.\d+/, "");
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${formatValue(value)}`);
  const text = `${String(level).toUpperCase().padEnd(5)} ${String(message)}${details.join("")}`;
  const { terminal } = io;
  if (terminal === undefined) io.out(`${when} ${text}`);
  else
    terminal.write(
      `${terminal.style("dim", when)} ${terminal.style(styles[String(level)] ?? "none", text)}\n`,
    );
}

const formatValue = (value: unknown): string =>
  typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : (JSON.stringify(value) ?? "");
