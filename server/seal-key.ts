/** The key that seals what callers keep for the gateway: made at the first start, kept in the state folder. */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const bytes = 32;

export function sealKey(stateDir: string): Uint8Array {
  const file = join(stateDir, "seal.key");
  try {
    const kept = readFileSync(file);
    if (kept.length === bytes) return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const key = randomBytes(bytes);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  writeFileSync(file, key, { mode: 0o600 });
  chmodSync(file, 0o600);
  return key;
}
