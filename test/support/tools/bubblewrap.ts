/** Tells whether bubblewrap works on this machine. Containers often forbid it. */
import { spawnSync } from "node:child_process";
import { findProgram } from "../../../server/agent/exec/shell.ts";

const program = findProgram("bwrap", process.env["PATH"]);
const sandboxArgs = [
  "--unshare-user",
  "--unshare-pid",
  "--unshare-net",
  "--ro-bind",
  "/",
  "/",
  "--proc",
  "/proc",
];

export const hasBubblewrap: boolean =
  program !== undefined && spawnSync(program, [...sandboxArgs, "true"]).status === 0;

if (!hasBubblewrap) {
  console.warn("The sandbox of commands is not tested: bubblewrap (bwrap) is missing or does not work here.");
}
