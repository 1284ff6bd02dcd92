/**
 * The last good copy: the configuration that the gateway ran with, for a start with a broken file. Secrets that the file
 * only names are not in it. Of the gateway's own secret it has a digest, so that a start can tell whether it has changed.
 */
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { replaceFile } from "../lib/write-file.ts";
import { isPlainObject } from "./tree.ts";

export interface LastGoodCopy {
  /** The file that it was read from. */
  readonly path: string;
  readonly savedAt: string;
  /** The content of the file with its includes, before variables and references are replaced. */
  readonly tree: unknown;
  /** `<salt>:<digest>` of the gateway's own secret, in hexadecimal digits. Absent without a secret. */
  readonly credential?: string;
}

const deriveKey = promisify<string, Buffer, number, Buffer>(scrypt);
const digestLength = 32;

function getCopyPath(stateDir: string): string {
  return join(stateDir, "openclaw.last-good.json");
}

/** Slow, so that the digest of a short password cannot be reversed by guessing. */
async function digestCredential(secret: string, salt = randomBytes(16)): Promise<string> {
  return `${salt.toString("hex")}:${(await deriveKey(secret, salt, digestLength)).toString("hex")}`;
}

export async function isSameCredential(
  secret: string | undefined,
  stored: string | undefined,
): Promise<boolean> {
  if (secret === undefined || stored === undefined) return secret === stored;
  const [salt = ""] = stored.split(":");
  const digest = await digestCredential(secret, Buffer.from(salt, "hex"));
  return digest.length === stored.length && timingSafeEqual(Buffer.from(digest), Buffer.from(stored));
}

/** Returns a function that saves a copy. The digest of a secret is computed once. */
export function createCopyWriter(
  stateDir: string,
): (copy: Omit<LastGoodCopy, "credential">, secret: string | undefined) => Promise<void> {
  let latest: { readonly secret: string; readonly digest: string } | undefined;
  return async (copy, secret) => {
    if (secret !== undefined && latest?.secret !== secret)
      latest = { secret, digest: await digestCredential(secret) };
    const content: LastGoodCopy = {
      ...copy,
      ...(secret !== undefined && latest !== undefined && { credential: latest.digest }),
    };
    await replaceFile(getCopyPath(stateDir), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  };
}

/** Returns undefined without a copy of this file. */
export function readCopy(stateDir: string, path: string): LastGoodCopy | undefined {
  let copy: unknown;
  try {
    copy = JSON.parse(readFileSync(getCopyPath(stateDir), "utf8"));
  } catch {
    return undefined;
  }
  return isPlainObject(copy) && copy["path"] === path ? (copy as unknown as LastGoodCopy) : undefined;
}
