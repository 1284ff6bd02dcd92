/** `gateway.json` in the state folder: the URL and pid of the running gateway, for other commands and for people. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface RunFile {
  readonly url: string;
  readonly pid: number;
  /** Absent unless the gateway generated the token. */
  readonly tokenPath?: string;
  /** Absent unless the gateway made the certificate itself. Commands of this machine trust it. */
  readonly certPath?: string;
}

export function writeRunFile(stateDir: string, started: Omit<RunFile, "pid">): void {
  const content: RunFile = { ...started, pid: process.pid };
  writeFileSync(getRunFilePath(stateDir), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

/** Returns undefined when no gateway runs. A killed gateway leaves its file, and another program may have its port. */
export function readRunFile(stateDir: string): RunFile | undefined {
  try {
    const file = JSON.parse(readFileSync(getRunFilePath(stateDir), "utf8")) as RunFile;
    return isAlive(file.pid) ? file : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // The process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Ignores errors: a file that remains does not prevent the exit. */
export function removeRunFile(stateDir: string): void {
  try {
    rmSync(getRunFilePath(stateDir), { force: true });
  } catch {
    // The next start overwrites the file.
  }
}

function getRunFilePath(stateDir: string): string {
  return join(stateDir, "gateway.json");
}
