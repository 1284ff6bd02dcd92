/** Text that callers keep for the gateway and cannot read: thinking, summaries. Sealed with a key that stays here. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";

export interface Seal {
  readonly seal: (text: string) => string;
  /** Undefined for anything that this key has not sealed. */
  readonly unseal: (sealed: string) => string | undefined;
}

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** `secret` has 32 random bytes or more. */
export function createSeal(secret: Uint8Array): Seal {
  const derived = (purpose: string): Buffer => Buffer.from(hkdfSync("sha256", secret, "", purpose, 32));
  const key = derived("seal");
  const nonceKey = derived("nonce");
  return {
    seal(text) {
      // Made from the text: the same text is sealed the same way, and no two texts share a nonce.
      const nonce = createHmac("sha256", nonceKey).update(text).digest().subarray(0, nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce);
      const sealed = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(sealed).toString("base64url");
    },
    unseal(sealed) {
      const bytes = Buffer.from(sealed, "base64url");
      if (bytes.length < nonceBytes + tagBytes) return undefined;
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      try {
        const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, "utf8");
        return text + decipher.final("utf8");
      } catch {
        return undefined;
      }
    },
  };
}
