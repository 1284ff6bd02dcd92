/** The one place where a credential is decided, for requests and for upgrades alike. */
import { hash, timingSafeEqual } from "node:crypto";
import { GatewayError } from "../errors.ts";
import type { FailureLimiter } from "./failure-limiter.ts";

/** Who asks. The shared secret, and everybody where no secret is asked for, is the operator. */
export interface Credential {
  readonly name: string;
}

/** Throws unless the header has the secret; `address` is whose failure it then is. */
export type Gate = (authorization: string | undefined, address: () => string) => Credential;

const operator: Credential = { name: "operator" };
const bearer = /^bearer +(\S.*)$/i;

export function createGate(secret: string | undefined, failures: FailureLimiter): Gate {
  if (secret === undefined) return () => operator;
  const expected = digest(secret);
  return (authorization, address) => {
    const given = authorization === undefined ? undefined : bearer.exec(authorization)?.[1];
    // Headers are bytes: some clients send a secret beyond ASCII as Latin-1, as Node reads it, others as UTF-8.
    const spellings = given === undefined ? [] : [given, Buffer.from(given, "latin1")];
    if (spellings.some((spelling) => timingSafeEqual(digest(spelling), expected))) return operator;
    if (authorization === undefined) {
      throw new GatewayError(
        "invalid_api_key",
        "No credential was sent. Send the gateway's token or password as `Authorization: Bearer <secret>`.",
      );
    }
    failures.count(address());
    throw new GatewayError(
      "invalid_api_key",
      given === undefined
        ? "The `Authorization` header is not of the form `Bearer <secret>`."
        : "The credential is not this gateway's. Check that the API key is the gateway's own token or password.",
    );
  };
}

function digest(secret: string | Buffer): Buffer {
  return hash("sha256", secret, "buffer");
}
