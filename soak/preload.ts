/** Compiles the library that gives a process another disk. See preload-disk.c. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface DiskLibrary {
  /** Environment of a process that uses it. */
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/** Returns the reason where it cannot be used. */
export function compileDiskLibrary(): DiskLibrary | string {
  if (process.platform !== "linux") return "it needs Linux, for a preloaded library";
  const folder = mkdtempSync(join(tmpdir(), "openclaw-preload-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const file = join(folder, "disk.so");
  const source = join(import.meta.dirname, "preload-disk.c");
  const flags = ["-shared", "-fPIC", "-O2", "-o", file, source, "-ldl", "-lpthread"];
  const { status, stderr, error } = spawnSync("cc", flags, { encoding: "utf8" });
  if (status === 0) return { env: { LD_PRELOAD: file }, remove };
  remove();
  return error === undefined ? `cc failed: ${stderr}` : "it needs a C compiler, `cc`";
}
