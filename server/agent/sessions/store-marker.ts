/** `store-id` in the state folder: which store belongs to it, so that one that has vanished is not replaced in silence. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface StoreMarker {
  /** Returns what is wrong before the store is opened, which would create a missing one. */
  findLoss(): string | undefined;
  /** Returns what is wrong with the store that was opened. */
  findReplacement(storeId: string): string | undefined;
  remember(storeId: string): void;
}

export function createStoreMarker(stateDir: string, storePath: string): StoreMarker {
  const markerPath = join(stateDir, "store-id");
  const knownId = readMarker(markerPath);
  const advice = `Backups are in ${join(stateDir, "backups")}.`;
  return {
    findLoss() {
      if (knownId === undefined || sizeOf(storePath) > 0) return undefined;
      return `${storePath} is missing or empty, and this state folder had a store. ${advice}`;
    },
    findReplacement(storeId) {
      if (knownId === undefined || knownId === storeId) return undefined;
      return `${storePath} is not the store that was here before. ${advice}`;
    },
    remember(storeId) {
      if (knownId !== storeId) writeFileSync(markerPath, `${storeId}\n`, { mode: 0o600 });
    },
  };
}

function readMarker(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
