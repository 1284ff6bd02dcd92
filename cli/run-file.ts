/** `gateway.json` in the state folder: where the running gateway is, for the command line and for people. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface RunFile {
  readonly url: string;
  readonly pid: number;
  /** Absent when the token is not in a file of the gateway's own. */
  readonly tokenPath?: string;
}

export function writeRunFile(stateDir: string, url: string, tokenPath: string | undefined): void {
  const content: RunFile = { url, pid: process.pid, ...(tokenPath === undefined ? {} : { tokenPath }) };
  writeFileSync(pathIn(stateDir), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

/** Undefined when no gateway runs: one that was killed leaves its file behind, and its port to anybody. */
export function readRunFile(stateDir: string): RunFile | undefined {
  try {
    const file = JSON.parse(readFileSync(pathIn(stateDir), "utf8")) as RunFile;
    return isAlive(file.pid) ? file : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A file that cannot be removed is no reason to fail at the end of everything. */
export function removeRunFile(stateDir: string): void {
  try {
    rmSync(pathIn(stateDir), { force: true });
  } catch {
    // The next start writes its own.
  }
}

function pathIn(stateDir: string): string {
  return join(stateDir, "gateway.json");
}
