/** A network of its own for a process, where nothing but the process itself, and what joins it, can be reached. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Begins a command in a new network that has only loopback; the command keeps the process's id. */
export const loopbackCommand: readonly string[] = [
  "unshare",
  "--net",
  "sh",
  "-c",
  'ip link set lo up && exec "$@"',
  "sh",
];

/** Begins a command in the network of a process. */
export const enterNetworkCommand = (pid: number): readonly string[] => [
  "nsenter",
  `--net=/proc/${pid}/ns/net`,
];

/** The names of the interfaces that a process can see. */
export function readInterfaces(pid: number): readonly string[] {
  const table = readFileSync(`/proc/${pid}/net/dev`, "utf8");
  return [...table.matchAll(/^ *(\S+):/gm)].map(([, name = ""]) => name);
}

const [command = "", ...args] = loopbackCommand;

export const canIsolateNetwork: boolean = spawnSync(command, [...args, "nsenter", "--version"]).status === 0;
