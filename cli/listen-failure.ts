/** Why a gateway could not start, in words that say what to do: who has its port, who has its state folder. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readRunFile } from "./run-file.ts";

interface Place {
  readonly host: string;
  readonly port: number;
  readonly stateDir: string;
}

export async function explainListenFailure(error: unknown, { host, port, stateDir }: Place): Promise<string> {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    const holder = (await isGateway(port)) ? "another gateway" : "another program";
    const pid = pidListeningOn(port);
    const who = pid === undefined ? holder : `${holder} (pid ${pid})`;
    return `Port ${port} is taken by ${who}. Stop it, or choose another port with --port.`;
  }
  if (code === "EACCES")
    return `This user may not listen on port ${port}; choose one above 1023 with --port.`;
  if (code === "EADDRNOTAVAIL")
    return `This machine has no address ${host}; see gateway.bind and gateway.customBindHost.`;
  if (/database is locked/.test(message)) {
    const other = readRunFile(stateDir);
    const who = other === undefined ? "another gateway" : `the gateway at ${other.url} (pid ${other.pid})`;
    return `The state folder ${stateDir} is in use by ${who}. Stop it, or give this one a folder of its own with OPENCLAW_STATE_DIR.`;
  }
  return `The gateway could not start: ${message}`;
}

async function isGateway(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(1_000) });
    return ((await response.json()) as { status?: unknown }).status === "live";
  } catch {
    return false;
  }
}

/** On Linux, from the kernel's tables; elsewhere unknown. */
function pidListeningOn(port: number): number | undefined {
  try {
    const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
    const listening = "0A";
    const rows = ["tcp", "tcp6"].flatMap((table) => readFileSync(`/proc/net/${table}`, "utf8").split("\n"));
    const inodes = new Set(
      rows
        .map((row) => row.trim().split(/\s+/))
        .filter((columns) => columns[1]?.endsWith(suffix) && columns[3] === listening)
        .map((columns) => `socket:[${columns[9]}]`),
    );
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    const holder = pids.find((pid) => socketsOf(pid).some((socket) => inodes.has(socket)));
    return holder === undefined ? undefined : Number(holder);
  } catch {
    return undefined;
  }
}

function socketsOf(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}
