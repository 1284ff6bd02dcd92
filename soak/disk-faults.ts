/** Lets each write of the store fail once, in each way that disks do: what is acknowledged is there, and the next turn is stored. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { readStoredTurns } from "./power-loss.ts";
import { compileDiskLibrary } from "./preload.ts";

export interface DiskFaultsReport {
  /** Writes, syncs and changes of a length that failed. */
  readonly failures: number;
  readonly acknowledged: number;
  readonly faults: readonly string[];
}

const errors = ["ENOSPC", "EIO", "EROFS"] as const;
const writer = join(import.meta.dirname, "disk-faults-writer.ts");

/** Returns the reason where it cannot run. `turns` with a failure for each position of each error. */
export async function runDiskFaults(): Promise<DiskFaultsReport | string> {
  const library = compileDiskLibrary();
  if (typeof library === "string") return library;
  const root = mkdtempSync(join(tmpdir(), "openclaw-disk-faults-"));
  const report = { failures: 0, acknowledged: 0, faults: [] as string[] };
  try {
    for (const name of errors) {
      const folder = join(root, name);
      const output = await runWriter(folder, name, library.env);
      const { failures, acknowledged, faults } = output;
      report.failures += failures;
      report.acknowledged += acknowledged.length;
      report.faults.push(...faults.map((fault) => `${name}: ${fault}`));
      const stored = await readStoredTurns(join(folder, "sessions.sqlite"));
      const lost = acknowledged.filter((line) => !stored.has(line));
      report.faults.push(...lost.map((line) => `${name}: ${line} was acknowledged, and is lost`));
    }
    return report;
  } finally {
    library.remove();
    rmSync(root, { recursive: true, force: true });
  }
}

interface WriterOutput {
  readonly failures: number;
  readonly acknowledged: readonly string[];
  readonly faults: readonly string[];
}

async function runWriter(
  folder: string,
  error: (typeof errors)[number],
  env: Readonly<Record<string, string>>,
): Promise<WriterOutput> {
  const child = spawn(process.execPath, [writer, folder, String(constants.errno[error])], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...env, DISK_FAULTS: folder },
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (code !== 0) throw new Error(`the process that stores turns ended: ${code ?? signal}`);
  return JSON.parse(readFileSync(`${folder}.json`, "utf8")) as WriterOutput;
}
