/** Ends all processes of a command: SIGTERM, then SIGKILL after two seconds, until none is left. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CommandGroup } from "./command-groups.ts";
import type { ListProcesses, ProcessEntry } from "./process-table.ts";

/** Time between SIGTERM and SIGKILL. */
const graceMs = 2_000;
/** A process that survives this long is stuck in the kernel. */
const giveUpMs = 10_000;

interface ProcessTree {
  /** Process id of the command's group and session leader. */
  readonly leader: number;
  /** In the environment of every process that has not removed it. */
  readonly mark: string;
  readonly group: Pick<CommandGroup, "listProcesses"> | undefined;
}

/** Resolves to true when all processes have ended, to false if some could not be ended. */
export async function terminateTree(tree: ProcessTree, list: ListProcesses): Promise<boolean> {
  const { leader } = tree;
  const startedAt = performance.now();
  let signalled: ReadonlySet<string> | undefined;
  let isGroupSignalled = false;

  for (let pause = 10; ; pause = Math.min(pause * 2, 100)) {
    // Before any signal is sent: when a parent ends, its children get another parent id.
    const members = findMembers(tree, await list(), signalled);
    if (members === undefined ? !sendSignal(-leader, 0) : members.length === 0) return true;
    const elapsed = performance.now() - startedAt;
    if (elapsed >= giveUpMs) return false;
    if (elapsed >= graceMs) {
      if (members?.some(({ group }) => group === leader) ?? true) sendSignal(-leader, "SIGKILL");
      for (const { pid } of members ?? []) sendSignal(pid, "SIGKILL");
    } else if (members === undefined) {
      isGroupSignalled ||= sendSignal(-leader, "SIGTERM");
    } else {
      for (const { pid } of selectUnsignalled(members, signalled)) sendSignal(pid, "SIGTERM");
      signalled = new Set([...(signalled ?? []), ...members.map(toProcessKey)]);
    }
    await sleep(elapsed < graceMs ? Math.min(pause, graceMs - elapsed) : pause);
  }
}

/** Each process gets SIGTERM once, because some skip their cleanup on a second one. Processes they start to clean up get none. */
function selectUnsignalled(
  members: readonly ProcessEntry[],
  signalled: ReadonlySet<string> | undefined,
): readonly ProcessEntry[] {
  if (signalled === undefined) return members;
  const pids = new Set(members.map(({ pid }) => pid));
  return members.filter((member) => !signalled.has(toProcessKey(member)) && !pids.has(member.parent));
}

/** Processes in the command's groups or session, with its mark, or signalled before, and all their descendants. */
function findMembers(
  { leader, mark, group }: ProcessTree,
  entries: readonly ProcessEntry[] | undefined,
  signalled: ReadonlySet<string> | undefined,
): readonly ProcessEntry[] | undefined {
  if (entries === undefined) return undefined;
  const groupMembers = group?.listProcesses();
  const isRoot = (entry: ProcessEntry): boolean =>
    entry.group === leader ||
    entry.session === leader ||
    entry.mark === mark ||
    groupMembers?.has(entry.pid) === true ||
    signalled?.has(toProcessKey(entry)) === true;
  const members = new Map(entries.filter(isRoot).map((entry) => [entry.pid, entry]));
  for (let before = -1; before < members.size;) {
    before = members.size;
    for (const entry of entries) if (members.has(entry.parent)) members.set(entry.pid, entry);
  }
  return [...members.values()];
}

/** Process ids are reused, so the start time is part of the key. */
function toProcessKey({ pid, startedAt }: ProcessEntry): string {
  return `${pid} ${startedAt}`;
}

/** Signal 0 only checks. Returns false if the process does not exist. */
function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
