/** Codes that sign in one browser each. They are kept in memory, for a minute, with the secret that they stand for. */
import { randomBytes } from "node:crypto";
import { signInCodeMs } from "../../contracts/socket/sign-in-code.ts";
import { deleteOldest } from "../lib/delete-oldest.ts";
import type { Clock } from "../lib/ports.ts";

export interface SignInCodes {
  create(secret: string): { readonly code: string; readonly expiresAt: number };
  /** Returns the secret, once. Undefined for a code that is unknown, used or expired. */
  take(code: string): string | undefined;
}

/** The oldest code gives way to a new one. */
const maxCodes = 100;

export function createSignInCodes(clock: Clock): SignInCodes {
  const codes = new Map<string, { readonly secret: string; readonly expiresAt: number }>();
  const dropExpired = (): void => {
    for (const [code, { expiresAt }] of codes) if (expiresAt <= clock()) codes.delete(code);
  };
  return {
    create(secret) {
      dropExpired();
      if (codes.size >= maxCodes) deleteOldest(codes);
      const code = randomBytes(24).toString("base64url");
      const expiresAt = clock() + signInCodeMs;
      codes.set(code, { secret, expiresAt });
      return { code, expiresAt };
    },
    take(code) {
      dropExpired();
      const secret = codes.get(code)?.secret;
      codes.delete(code);
      return secret;
    },
  };
}
