/** Isolates a process in a network namespace, where only the process and those that join it can be reached. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Prefix of a command that runs in a new network with only loopback. The command keeps the process id. */
export const loopbackCommand: readonly string[] = [
  "unshare",
  "--net",
  "sh",
  "-c",
  'ip link set lo up && exec "$@"',
  "sh",
];

/** Returns the prefix of a command that runs in the network of a process. */
export const enterNetworkCommand = (pid: number): readonly string[] => [
  "nsenter",
  `--net=/proc/${pid}/ns/net`,
];

/** Returns the names of the network interfaces of a process. */
export function readInterfaces(pid: number): readonly string[] {
  const table = readFileSync(`/proc/${pid}/net/dev`, "utf8");
  return [...table.matchAll(/^ *(\S+):/gm)].map(([, name = ""]) => name);
}

const [command = "", ...args] = loopbackCommand;

export const canIsolateNetwork: boolean = spawnSync(command, [...args, "nsenter", "--version"]).status === 0;
