/**
 * Encrypts the text that clients keep for the gateway as `encrypted_content`: reasoning, and the summary of a
 * compaction. The key lies in the state folder, or in the database that several gateways share.
 *
 * Each text is bound to the kind of its item and to the credential that received it, as additional authenticated data
 * of AES-256-GCM (NIST SP 800-38D). It decrypts as that kind and for that credential only.
 *
 * Texts of gateway versions before this binding are still read, so that an update loses no client's conversation. They
 * carry no kind and no credential, so none can be checked; this is as safe as it was when they were encrypted. A bound
 * text cannot be passed off as one of these: the two formats use different keys, and no new text is made in the old one.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reveal, type Secret } from "../../contracts/config/secret.ts";

export interface EncryptionBinding {
  readonly kind: "reasoning" | "compaction";
  /** Name of the credential. */
  readonly credential: string;
}

export interface Encryption {
  encrypt(text: string, binding: EncryptionBinding): string;
  /** Returns undefined for anything that was not encrypted with this key and this binding. */
  decrypt(encrypted: string, binding: EncryptionBinding): string | undefined;
}

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/** `secret` has at least 32 random bytes. */
export function createEncryption(secret: Uint8Array): Encryption {
  const deriveKey = (purpose: string): Buffer =>
    Buffer.from(hkdfSync("sha256", secret, "", purpose, keyBytes));
  const key = deriveKey("bound text");
  const nonceKey = deriveKey("bound text nonce");
  const unboundKey = deriveKey("seal");
  return {
    encrypt(text, binding) {
      const bindingData = serializeBinding(binding);
      // The nonce is derived from everything that is authenticated: two different messages never share one, and equal
      // messages give equal ciphertexts.
      const nonce = createHmac("sha256", nonceKey)
        .update(JSON.stringify([bindingData, text]))
        .digest()
        .subarray(0, nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(bindingData));
      const bytes = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(bytes).toString("base64url");
    },
    decrypt(encrypted, binding) {
      const bytes = Buffer.from(encrypted, "base64url");
      return decryptBytes(bytes, key, serializeBinding(binding)) ?? decryptBytes(bytes, unboundKey, "");
    },
  };
}

const serializeBinding = ({ kind, credential }: EncryptionBinding): string =>
  JSON.stringify([kind, credential]);

function decryptBytes(bytes: Buffer, key: Buffer, bindingData: string): string | undefined {
  if (bytes.length < nonceBytes + tagBytes) return undefined;
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes));
  decipher.setAAD(Buffer.from(bindingData));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, "utf8");
    return text + decipher.final("utf8");
  } catch {
    return undefined;
  }
}

interface KeyStore {
  /** Returns the key of the nodes that share the store, or `ownKey`. */
  shareEncryptionKey(ownKey: Uint8Array, passphrase: string | undefined): Promise<Uint8Array>;
}

/** Uses the key of the store, or else the one in the state folder. Rejects when it cannot be read. */
export async function openEncryption(
  stateDir: string,
  { encryptionKey: passphrase }: { readonly encryptionKey?: Secret | undefined },
  store: KeyStore,
): Promise<Encryption> {
  const ownKey = loadEncryptionKey(stateDir);
  return createEncryption(await store.shareEncryptionKey(ownKey, passphrase && reveal(passphrase)));
}

/**
 * Reads the key in the state folder; the first start creates it. Throws when the file does not have exactly 32 bytes:
 * a new key would make unreadable what clients hold, so the gateway never replaces the file.
 */
export function loadEncryptionKey(stateDir: string): Uint8Array {
  const file = join(stateDir, "seal.key");
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, randomBytes(keyBytes), { mode: 0o600, flag: "wx", flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const key = readFileSync(file);
  if (key.length === keyBytes) return key;
  throw new Error(
    `The encryption key ${file} has ${key.length} bytes instead of ${keyBytes}. It decrypts the encrypted_content that clients hold. Restore the file from a backup, or delete it: the gateway then creates a new key, and cannot read what it encrypted before.`,
  );
}
