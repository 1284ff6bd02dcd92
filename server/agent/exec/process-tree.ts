/** Everything that a command has started, and its end: TERM, after two seconds KILL, until nothing is left. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ListProcesses, ProcessEntry } from "./process-table.ts";

/** From TERM to KILL. */
const graceMs = 2_000;
/** A process that survives this is stuck in the kernel. */
const giveUpMs = 10_000;

interface ProcessTree {
  /** Leads the group and the session that the command was started in. */
  readonly leader: number;
  /** In the environment of all, unless they removed it. */
  readonly mark: string;
}

/** Resolves when all are gone; to false when some could not be ended. */
export async function endTree(tree: ProcessTree, list: ListProcesses): Promise<boolean> {
  const { leader } = tree;
  const startedAt = performance.now();
  let known: ReadonlySet<string> | undefined;
  let groupTold = false;

  for (let pause = 10; ; pause = Math.min(pause * 2, 100)) {
    // Before anything is sent: when a parent dies it can no longer be seen whose children its children are.
    const members = membersOf(tree, await list(), known);
    if (members === undefined ? !sendTo(-leader, 0) : members.length === 0) return true;
    const elapsed = performance.now() - startedAt;
    if (elapsed >= giveUpMs) return false;
    if (elapsed >= graceMs) {
      if (members?.some(({ group }) => group === leader) ?? true) sendTo(-leader, "SIGKILL");
      for (const { pid } of members ?? []) sendTo(pid, "SIGKILL");
    } else if (members === undefined) {
      groupTold ||= sendTo(-leader, "SIGTERM");
    } else {
      for (const { pid } of yetToBeTold(members, known)) sendTo(pid, "SIGTERM");
      known = new Set([...(known ?? []), ...members.map(identity)]);
    }
    await sleep(elapsed < graceMs ? Math.min(pause, graceMs - elapsed) : pause);
  }
}

/** Each once, as a second TERM means to some not to clean up. What they start in order to clean up is let be. */
function yetToBeTold(
  members: readonly ProcessEntry[],
  known: ReadonlySet<string> | undefined,
): readonly ProcessEntry[] {
  if (known === undefined) return members;
  const pids = new Set(members.map(({ pid }) => pid));
  return members.filter((member) => !known.has(identity(member)) && !pids.has(member.parent));
}

/** Those of the command's group and session, those with its mark, those known, and the children of all these. */
function membersOf(
  { leader, mark }: ProcessTree,
  entries: readonly ProcessEntry[] | undefined,
  known: ReadonlySet<string> | undefined,
): readonly ProcessEntry[] | undefined {
  if (entries === undefined) return undefined;
  const isRoot = (entry: ProcessEntry): boolean =>
    entry.group === leader ||
    entry.session === leader ||
    entry.mark === mark ||
    known?.has(identity(entry)) === true;
  const members = new Map(entries.filter(isRoot).map((entry) => [entry.pid, entry]));
  for (let before = -1; before < members.size;) {
    before = members.size;
    for (const entry of entries) if (members.has(entry.parent)) members.set(entry.pid, entry);
  }
  return [...members.values()];
}

/** Numbers are given out again. */
function identity({ pid, startedAt }: ProcessEntry): string {
  return `${pid} ${startedAt}`;
}

/** 0 asks only. False when there is no such process. */
function sendTo(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
