/**
 * The key of `encrypted_content` in a database that several nodes share: what one node has encrypted, the others decrypt.
 * With `gateway.encryptionKey` it is stored encrypted itself, by AES-256-GCM.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import type { StatementDialect, Transactions } from "./transactions.ts";

const name = "encryption-key";
const algorithm = "aes-256-gcm";
const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const minLength = 16;
const wrapped = "wrapped:";

/**
 * Returns the key of the database. The first node stores the one of its own state folder. Throws when the stored key cannot be
 * decrypted.
 */
export async function shareEncryptionKey(
  { write }: Transactions,
  { lock }: StatementDialect,
  ownKey: Uint8Array,
  passphrase: string | undefined,
): Promise<Uint8Array> {
  if (passphrase !== undefined && passphrase.length < minLength)
    throw new Error(`gateway.encryptionKey has fewer than ${minLength} characters.`);
  return write(async (tx) => {
    await lock(tx, "store");
    const row = await tx.selectFrom("secrets").select("value").where("name", "=", name).executeTakeFirst();
    const key = row === undefined ? ownKey : unwrap(row.value, passphrase);
    const isWrapped = row?.value.startsWith(wrapped) ?? false;
    if (row === undefined || isWrapped !== (passphrase !== undefined)) {
      const value = wrap(key, passphrase);
      await tx
        .insertInto("secrets")
        .values({ name, value })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
        .execute();
    }
    return key;
  });
}

function wrap(key: Uint8Array, passphrase: string | undefined): string {
  if (passphrase === undefined) return Buffer.from(key).toString("base64url");
  const salt = randomBytes(saltBytes);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, scryptSync(passphrase, salt, keyBytes), nonce);
  const bytes = [salt, nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()];
  return wrapped + Buffer.concat(bytes).toString("base64url");
}

function unwrap(value: string, passphrase: string | undefined): Uint8Array {
  if (!value.startsWith(wrapped)) return Buffer.from(value, "base64url");
  if (passphrase === undefined) {
    throw new Error(
      "The database has an encryption key that is encrypted itself: set gateway.encryptionKey.",
    );
  }
  const bytes = Buffer.from(value.slice(wrapped.length), "base64url");
  const salt = bytes.subarray(0, saltBytes);
  const nonce = bytes.subarray(saltBytes, saltBytes + nonceBytes);
  const decipher = createDecipheriv(algorithm, scryptSync(passphrase, salt, keyBytes), nonce);
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    const text = decipher.update(bytes.subarray(saltBytes + nonceBytes, -tagBytes));
    return Buffer.concat([text, decipher.final()]);
  } catch (cause) {
    const message =
      "gateway.encryptionKey does not decrypt the encryption key in the database. All nodes need the same one.";
    throw new Error(message, { cause });
  }
}
