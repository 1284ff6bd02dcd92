/**
 * Stores turns while one write after the other fails, and reports what was acknowledged. For disk-faults.ts.
 * `node soak/disk-faults-writer.ts FOLDER ERRNO`
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GatewayError } from "../server/lib/errors.ts";
import { createNodeSqlite } from "../server/agent/sessions/node-sqlite.ts";
import { openSqlStore } from "../server/agent/sessions/sql-store.ts";
import type { Entry } from "../server/agent/sessions/store.ts";
import { randomId } from "../server/lib/ids.ts";

const [folder = "", errno = ""] = process.argv.slice(2);
const key = "agent:main:disk";
const owner = { agentId: "main", credential: "operator" };
/** Positions of the failure in a turn. A turn has fewer writes; the log is copied to the database within these turns. */
const positions = 40;
const turnsOfAPosition = 4;
/** A new store is created with fewer writes. */
const openPositions = 60;
const attempts = 200;
const retryMs = 25;

mkdirSync(folder, { recursive: true });
const acknowledged: string[] = [];
const faults: string[] = [];
let failures = 0;
let number = 0;

const openStore = (file: string): ReturnType<typeof openSqlStore> =>
  openSqlStore({
    database: createNodeSqlite(join(folder, file), { maxLogBytes: 60_000 }),
    clock: Date.now,
    newId: randomId,
    isExclusive: true,
  });

const store = await openStore("sessions.sqlite");

/** Resolves to false if the store could not be written. */
async function storeTurn(): Promise<boolean> {
  const text = `${(number += 1)} ${"x".repeat(2_000)}`;
  const part = { type: "text", text } as const;
  const question: Entry = { kind: "turn", runId: "q", turn: { role: "user", content: [part] } };
  const answer: Entry = { kind: "turn", runId: "a", turn: { role: "assistant", content: [part] } };
  try {
    const lease = await store.acquire(key, owner, () => [question]);
    acknowledged.push(`${key} q ${number}`);
    await lease.release([answer]);
    acknowledged.push(`${key} a ${number}`);
    return true;
  } catch (error) {
    const isExpected = error instanceof GatewayError && error.code === "storage_unavailable";
    if (!isExpected) faults.push(`turn ${number}: ${String(error)}`);
    return false;
  }
}

/** The lease of a turn that failed ends by itself, and a failed log is opened again: both take a moment. */
async function storeAfterwards(position: number): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (await storeTurn()) return;
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
  faults.push(`after the failure of write ${position} no turn could be stored`);
}

for (let position = 1; position <= positions; position += 1) {
  // The library counts from here, and lets one call fail.
  process.env["DISK_FAULT"] = `${position} ${errno}`;
  for (let turn = 0; turn < turnsOfAPosition; turn += 1) {
    if (!(await storeTurn())) failures += 1;
  }
  process.env["DISK_FAULT"] = "0 0";
  await storeAfterwards(position);
}
await store.close();

/** A new store whose creation fails opens the next time. */
for (let position = 1; position <= openPositions; position += 1) {
  const file = `new-${position}.sqlite`;
  process.env["DISK_FAULT"] = `${position} ${errno} open`;
  await openStore(file)
    .then((opened) => opened.close())
    .catch(() => (failures += 1));
  process.env["DISK_FAULT"] = "0 0";
  await openStore(file)
    .then((opened) => opened.close())
    .catch((error: unknown) =>
      faults.push(`the store does not open after write ${position} of its start failed: ${String(error)}`),
    );
}
writeFileSync(`${folder}.json`, JSON.stringify({ failures, acknowledged, faults }));
