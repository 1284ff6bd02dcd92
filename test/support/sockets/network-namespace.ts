/** A network of its own for a process: only loopback, and what a test adds to it. */
import { spawnSync } from "node:child_process";

/** The command that runs a program in a new network, after these shell commands. */
export const inNetwork = (...setUp: readonly string[]): readonly [string, ...string[]] => [
  "unshare",
  "--user",
  "--map-root-user",
  "--net",
  "--mount",
  "sh",
  "-c",
  `${["ip link set lo up", ...setUp].join(" && ")} && exec "$@"`,
  "sh",
];

/** Whether this machine lets a test create one. Warns otherwise. */
export function hasNetworkNamespaces(): boolean {
  const [command, ...args] = [...inNetwork(), "true"];
  const isAllowed = spawnSync(command ?? "", args).status === 0;
  if (!isAllowed)
    console.warn("Not tested: what needs a network namespace, which this machine does not allow.");
  return isAllowed;
}

/** Runs a program in the network of a process, and returns its output. */
export function runInNetworkOf(
  pid: number | undefined,
  command: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string {
  const enter = ["--target", String(pid), "--user", "--net", "--preserve-credentials"];
  const { stdout, stderr } = spawnSync("nsenter", [...enter, ...command], { encoding: "utf8", env });
  return (stdout + stderr).trim();
}
