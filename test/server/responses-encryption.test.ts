import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createEncryption, loadEncryptionKey } from "../../server/dialects/encryption.ts";
import { createTemporaryFolder, startTestGateway } from "../support/gateway/gateway.ts";

const encryption = createEncryption(Buffer.alloc(32, 1));
const binding = { kind: "reasoning", credential: "operator" } as const;

describe("an encrypted text", () => {
  const encrypted = encryption.encrypt("Hm.", binding);

  test("is read again as the same kind, for the same credential", () => {
    expect(encryption.decrypt(encrypted, binding)).toBe("Hm.");
    expect(createEncryption(Buffer.alloc(32, 2)).decrypt(encrypted, binding)).toBeUndefined();
  });

  test("is not accepted as another kind, or for another credential", () => {
    expect(encryption.decrypt(encrypted, { ...binding, kind: "compaction" })).toBeUndefined();
    expect(encryption.decrypt(encrypted, { ...binding, credential: "ada" })).toBeUndefined();
  });

  test("has a nonce of its own for each kind and credential", () => {
    const nonces = [
      encrypted,
      encryption.encrypt("Hm.", { ...binding, kind: "compaction" }),
      encryption.encrypt("Hm.", { ...binding, credential: "ada" }),
      encryption.encrypt("Well.", binding),
    ].map((text) => text.slice(0, 16));
    expect(new Set(nonces).size).toBe(4);
    expect(encryption.encrypt("Hm.", binding)).toBe(encrypted);
  });

  test("is rejected when a byte of it was changed", () => {
    const bytes = Buffer.from(encrypted, "base64url");
    for (const index of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(encryption.decrypt(changed.toString("base64url"), binding)).toBeUndefined();
    }
  });

  test("of a gateway version without the binding is still read", () => {
    const unbound = "KRG_ZHcDBFCYIqadRoqDHjyTd1yg1U4ebGKxXjzVcfGOq1WMc7BpyibbqtdseHP7hDUi1X7H-g";
    expect(encryption.decrypt(unbound, { ...binding, kind: "compaction" })).toMatch(/^Ada's train leaves/);
  });
});

describe("the key file", () => {
  test("is created once, readable by its owner only", () => {
    const folder = join(createTemporaryFolder(), "state");
    const key = loadEncryptionKey(folder);
    expect(key).toHaveLength(32);
    expect(statSync(join(folder, "seal.key")).mode & 0o777).toBe(0o600);
    expect(loadEncryptionKey(folder)).toEqual(key);
  });

  test.each([0, 31, 33])("of %i bytes is an error, and is not replaced", async (length) => {
    const stateDir = createTemporaryFolder();
    const file = join(stateDir, "seal.key");
    writeFileSync(file, Buffer.alloc(length, 1));
    await expect(startTestGateway({ stateDir })).rejects.toThrow(
      `${file} has ${length} bytes instead of 32. It decrypts the encrypted_content that clients hold. Restore the file from a backup, or delete it`,
    );
    expect(readFileSync(file)).toHaveLength(length);
  });
});
