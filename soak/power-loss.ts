/**
 * Takes the power from a store at random moments: what was not synced is gone, or there in part. Opens what is left, and
 * looks for every turn that was acknowledged.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createNodeSqlite } from "../server/agent/sessions/node-sqlite.ts";
import { openSqlStore } from "../server/agent/sessions/sql-store.ts";
import { randomId } from "../server/lib/ids.ts";
import { compileDiskLibrary } from "./preload.ts";

export interface PowerLossReport {
  readonly losses: number;
  /** Turns and leases that had been acknowledged, summed over all losses. */
  readonly acknowledged: number;
  readonly faults: readonly string[];
}

const lossesOfAProcess = 25;
/** A new store replaces the old one after this many processes. */
const processesOfAStore = 4;
const storeName = "sessions.sqlite";
const acknowledgedName = "acknowledged";

interface PowerLossOptions {
  readonly onLoss?: (loss: number, faults: readonly string[]) => void;
  /** False: the store acknowledges without a sync, to test the rig itself. */
  readonly syncs?: boolean;
}

/** Returns the reason where it cannot run. */
export async function runPowerLoss(
  rounds: number,
  { onLoss = () => {}, syncs = true }: PowerLossOptions = {},
): Promise<PowerLossReport | string> {
  const library = compileDiskLibrary();
  if (typeof library === "string") return library;
  const root = mkdtempSync(join(tmpdir(), "openclaw-power-loss-"));
  const faults: string[] = [];
  let acknowledged = 0;
  let loss = 0;
  let remains: string | undefined;
  try {
    for (let run = 0; loss < rounds; run += 1) {
      if (run % processesOfAStore === 0) remains = undefined;
      const place = join(root, String(run));
      const count = Math.min(lossesOfAProcess, rounds - loss);
      const losses = await losePower(place, { count, remains, syncs, env: library.env });
      for (const folder of losses) {
        const found = await findFaults(folder);
        acknowledged += found.acknowledged;
        faults.push(...found.faults.map((fault) => `loss ${loss}: ${fault}`));
        onLoss(loss, faults);
        loss += 1;
      }
      remains = losses.at(-1);
      if (run > 0) rmSync(join(root, String(run - 1)), { recursive: true, force: true });
    }
    return { losses: loss, acknowledged, faults };
  } finally {
    library.remove();
    rmSync(root, { recursive: true, force: true });
  }
}

interface ProcessOptions {
  /** Losses of power in its life. It is killed at the last one. */
  readonly count: number;
  /** Folder with the store that it goes on with. */
  readonly remains: string | undefined;
  readonly syncs: boolean;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs one process. Returns the folders with what was left at each loss of power. */
async function losePower(
  place: string,
  { count, remains, syncs, env }: ProcessOptions,
): Promise<readonly string[]> {
  const folder = join(place, "disk");
  const durable = join(place, "durable");
  const losses = join(place, "losses");
  for (const path of [folder, durable, losses]) mkdirSync(path, { recursive: true });
  for (const name of remains === undefined ? [] : readdirSync(remains))
    for (const target of [folder, durable]) copyFileSync(join(remains ?? "", name), join(target, name));
  const writer = join(import.meta.dirname, "power-loss-writer.ts");
  const args = [
    writer,
    join(folder, storeName),
    join(folder, acknowledgedName),
    `r${Date.now()}`,
    syncs ? "sync" : "no-sync",
  ];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      ...env,
      DISK_FOLDER: folder,
      DISK_DURABLE: durable,
      DISK_LOSSES: losses,
      DISK_ACKNOWLEDGED: acknowledgedName,
      DISK_ROUNDS: String(count),
      DISK_SEED: String(Math.floor(Math.random() * 2 ** 31)),
    },
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (signal !== "SIGKILL") throw new Error(`the process that stores turns ended: ${code ?? signal}`);
  return Array.from({ length: count }, (_, index) => join(losses, String(index)));
}

/** Opens a store as the next gateway would, and compares its turns with the acknowledged ones. */
async function findFaults(
  folder: string,
): Promise<{ readonly acknowledged: number; readonly faults: readonly string[] }> {
  const lines = readFileSync(join(folder, acknowledgedName), "utf8").split("\n").slice(0, -1);
  try {
    const stored = await readStoredTurns(join(folder, storeName));
    const lost = lines.filter((line) => !stored.has(line));
    return {
      acknowledged: lines.length,
      faults: lost.map((line) => `${line} was acknowledged, and is lost`),
    };
  } catch (error) {
    return { acknowledged: lines.length, faults: [`the store cannot be used: ${String(error)}`] };
  }
}

/** Returns the stored turns as the writer acknowledges them. Throws when the database is malformed. */
export async function readStoredTurns(path: string): Promise<ReadonlySet<string>> {
  const store = await openSqlStore({
    database: createNodeSqlite(path),
    clock: Date.now,
    newId: randomId,
    isExclusive: true,
  });
  await store.close();
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const check = database.prepare("PRAGMA integrity_check").get();
    if (check?.["integrity_check"] !== "ok")
      throw new Error(`the database is malformed: ${JSON.stringify(check)}`);
    const rows = database
      .prepare("select key, run_id, payload from entries join sessions on sessions.id = entries.session_id")
      .all();
    return new Set(
      rows.map(
        ({ key, run_id, payload }) =>
          `${String(key)} ${String(run_id)} ${/"(\d+) x*"/.exec(String(payload))?.[1]}`,
      ),
    );
  } finally {
    database.close();
  }
}
