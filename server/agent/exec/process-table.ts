/** Lists the processes of this machine that a command can have started. Linux only: reads /proc. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { markVariable } from "./environment.ts";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** In clock ticks since boot. */
  readonly startedAt: string;
  readonly mark: string | undefined;
}

/** Returns a list made after the call. Undefined if the system has no /proc. Never rejects. */
export type ListProcesses = () => Promise<readonly ProcessEntry[] | undefined>;

/** Callers that arrive while a list is being made share the next one. */
export function createProcessTable(): ListProcesses {
  let current: Promise<unknown> = Promise.resolve();
  let next: ReturnType<ListProcesses> | undefined;
  return () => {
    next ??= current.then(() => {
      next = undefined;
      const table = readTable().catch(() => undefined);
      current = table;
      return table;
    });
    return next;
  };
}

/** Reads of /proc are synchronous and take microseconds each. Other work runs between two batches. */
const readsPerBatch = 32;

async function readTable(): Promise<readonly ProcessEntry[] | undefined> {
  if (process.platform !== "linux") return undefined;
  const entries: ProcessEntry[] = [];
  for (const [index, name] of readdirSync("/proc").entries()) {
    const entry = /^\d+$/.test(name) ? readEntry(Number(name)) : undefined;
    if (entry !== undefined) entries.push(entry);
    if (index % readsPerBatch === readsPerBatch - 1) await setImmediate();
  }
  return entries;
}

/** Returns undefined for ended processes, kernel threads and processes of other users. */
function readEntry(pid: number): ProcessEntry | undefined {
  const folder = `/proc/${pid}`;
  const uid = process.getuid?.();
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || (uid !== 0 && owner !== uid)) return undefined;
  const stat = readIfAllowed(`${folder}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses can contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent, group, session] = fields;
  if (state === "Z" || state === "X" || parent === "2" || pid === 2) return undefined;
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startedAt: fields[19] ?? "",
    mark: findMark(readIfAllowed(`${folder}/environ`) ?? ""),
  };
}

function findMark(environment: string): string | undefined {
  return new RegExp(`(?:^|\\0)${markVariable}=([^\\0]*)`).exec(environment)?.[1];
}

/** Returns undefined if the process has ended or does not allow the read. */
function readIfAllowed(file: string): string | undefined {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    if (/^E[MN]FILE$/.test((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return undefined;
  }
}
