/** The processes of the machine that a command may have started, as Linux shows them in /proc. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { markName } from "./environment.ts";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** In ticks of the system's clock. */
  readonly startedAt: string;
  readonly mark: string | undefined;
}

/** Looks after it was called, not before. Resolves to undefined where one cannot see; never rejects. */
export type ListProcesses = () => Promise<readonly ProcessEntry[] | undefined>;

/** Callers that come while a listing is made share the next one. */
export function createProcessTable(): ListProcesses {
  let current: Promise<unknown> = Promise.resolve();
  let next: ReturnType<ListProcesses> | undefined;
  return () => {
    next ??= current.then(() => {
      next = undefined;
      const made = readTable().catch(() => undefined);
      current = made;
      return made;
    });
    return next;
  };
}

/** Reads of /proc take microseconds and wait for nothing; now and then others get their turn. */
const readsInTurn = 32;

async function readTable(): Promise<readonly ProcessEntry[] | undefined> {
  if (process.platform !== "linux") return undefined;
  const entries: ProcessEntry[] = [];
  for (const [index, name] of readdirSync("/proc").entries()) {
    const entry = /^\d+$/.test(name) ? readEntry(Number(name)) : undefined;
    if (entry !== undefined) entries.push(entry);
    if (index % readsInTurn === readsInTurn - 1) await setImmediate();
  }
  return entries;
}

/** Nothing for those that have ended, for the kernel's own, and for those of other users. */
function readEntry(pid: number): ProcessEntry | undefined {
  const folder = `/proc/${pid}`;
  const uid = process.getuid?.();
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || (uid !== 0 && owner !== uid)) return undefined;
  const stat = readIfAllowed(`${folder}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may hold spaces and parentheses too.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent, group, session] = fields;
  if (state === "Z" || state === "X" || parent === "2" || pid === 2) return undefined;
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startedAt: fields[19] ?? "",
    mark: markIn(readIfAllowed(`${folder}/environ`) ?? ""),
  };
}

function markIn(environment: string): string | undefined {
  return new RegExp(`(?:^|\\0)${markName}=([^\\0]*)`).exec(environment)?.[1];
}

/** A process may end meanwhile, or forbid the look at it. */
function readIfAllowed(file: string): string | undefined {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    if (/^E[MN]FILE$/.test((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return undefined;
  }
}
