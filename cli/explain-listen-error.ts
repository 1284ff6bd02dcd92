/** Explains why a gateway could not start: which process has its port or state folder, and what to do. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { isDamagedFileError } from "../server/agent/sessions/sqlite-damage.ts";
import { readRunFile } from "./run-file.ts";

interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly stateDir: string;
}

export async function explainListenError(
  error: unknown,
  { host, port, stateDir }: ListenOptions,
): Promise<string> {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    const owner = (await isGateway(port)) ? "another gateway" : "another program";
    const pid = findListeningPid(port);
    const description = pid === undefined ? owner : `${owner} (pid ${pid})`;
    return `Port ${port} is taken by ${description}. Stop it, or choose another port with --port.`;
  }
  if (code === "EACCES" && (syscall === "listen" || syscall === "bind"))
    return `You are not allowed to listen on port ${port}; choose a port above 1023 with --port.`;
  if (code === "EADDRNOTAVAIL")
    return `This machine has no address ${host}; see gateway.bind and gateway.customBindHost.`;
  if (/database is locked/.test(message)) {
    const other = readRunFile(stateDir);
    const description =
      other === undefined
        ? "another gateway, or by a program that has locked its sessions.sqlite, such as a backup"
        : `the gateway at ${other.url} (pid ${other.pid})`;
    return `The state folder ${stateDir} is in use by ${description}. Stop it, or give this one a folder of its own with OPENCLAW_STATE_DIR.`;
  }
  return explainStateFolderError(error, stateDir) ?? `The gateway could not start: ${message}`;
}

/** Undefined for an error that is not about the state folder. */
export function explainStateFolderError(error: unknown, stateDir: string): string | undefined {
  const { code, message, path } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || /disk is full/.test(message))
    return `The disk of the state folder ${stateDir} is full. Make room, then start the gateway again.`;
  if (isDamagedFileError(error))
    return `The store ${join(stateDir, "sessions.sqlite")} is damaged: ${message}. Replace it with a backup: openclaw sessions restore FILE.`;
  const isUnwritable = ["EACCES", "EPERM", "EROFS"].includes(code ?? "") || /readonly database/.test(message);
  if (isUnwritable || /unable to open database file/.test(message)) {
    const file = path === undefined || path === stateDir ? "" : ` (${path})`;
    return `The state folder ${stateDir} cannot be read and written by this user${file}: ${message}. Give it to the user, or choose another one with OPENCLAW_STATE_DIR.`;
  }
  if (code === "EEXIST" || code === "ENOTDIR")
    return `The state folder ${stateDir} or a folder above it is a file. Choose another one with OPENCLAW_STATE_DIR.`;
  return undefined;
}

async function isGateway(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(1_000) });
    return ((await response.json()) as { status?: unknown }).status === "live";
  } catch {
    return false;
  }
}

/** Reads the kernel's tables on Linux. Returns undefined elsewhere. */
function findListeningPid(port: number): number | undefined {
  try {
    const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
    const listenState = "0A";
    const rows = ["tcp", "tcp6"].flatMap((table) => readFileSync(`/proc/net/${table}`, "utf8").split("\n"));
    const inodes = new Set(
      rows
        .map((row) => row.trim().split(/\s+/))
        .filter((columns) => columns[1]?.endsWith(suffix) && columns[3] === listenState)
        .map((columns) => `socket:[${columns[9]}]`),
    );
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    const ownerPid = pids.find((pid) => listSockets(pid).some((socket) => inodes.has(socket)));
    return ownerPid === undefined ? undefined : Number(ownerPid);
  } catch {
    return undefined;
  }
}

function listSockets(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}
