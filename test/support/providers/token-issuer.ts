/** An issuer of tokens on this machine: it publishes its keys as JWKS, signs tokens, and rotates its key. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from "jose";
import { onTestFinished } from "vitest";

export const issuerName = "https://issuer.test";
export const audience = "agents";

type Algorithm = "RS256" | "ES256" | "EdDSA" | "PS256";

interface SignOptions {
  readonly payload?: JWTPayload;
  readonly issuer?: string;
  readonly audience?: string;
  /** Seconds from now; one hour by default. */
  readonly expiresIn?: number;
  readonly notBeforeIn?: number;
  readonly issuedIn?: number;
}

export interface TokenIssuer {
  readonly jwksUri: string;
  /** How many times the keys were fetched. */
  countFetches(): number;
  sign(subject: string, options?: SignOptions): Promise<string>;
  /** Signs with another key from now on, and publishes only this one. */
  rotate(algorithm?: Algorithm): Promise<void>;
  /** The keys cannot be fetched until this is called again. */
  setUp(isUp: boolean): void;
}

export async function startTokenIssuer(algorithm: Algorithm = "RS256"): Promise<TokenIssuer> {
  let number = 0;
  let fetches = 0;
  let isUp = true;
  const createKey = async (alg: Algorithm) => {
    number += 1;
    const { privateKey, publicKey } = await generateKeyPair(alg);
    return { alg, kid: `key-${number}`, privateKey, jwk: await exportJWK(publicKey) };
  };
  let key = await createKey(algorithm);
  const server = createServer((_, response) => {
    fetches += 1;
    response.writeHead(isUp ? 200 : 503, { "content-type": "application/json" });
    response.end(JSON.stringify({ keys: [{ ...key.jwk, kid: key.kid, alg: key.alg, use: "sig" }] }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const now = (): number => Math.floor(Date.now() / 1000);
  return {
    jwksUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    countFetches: () => fetches,
    sign(subject, options = {}) {
      const token = new SignJWT(options.payload ?? {})
        .setProtectedHeader({ alg: key.alg, kid: key.kid })
        .setIssuer(options.issuer ?? issuerName)
        .setAudience(options.audience ?? audience)
        .setIssuedAt(now() + (options.issuedIn ?? 0))
        .setExpirationTime(now() + (options.expiresIn ?? 3_600));
      if (subject !== "") token.setSubject(subject);
      if (options.notBeforeIn !== undefined) token.setNotBefore(now() + options.notBeforeIn);
      return token.sign(key.privateKey);
    },
    async rotate(next = algorithm) {
      key = await createKey(next);
    },
    setUp: (next) => void (isUp = next),
  };
}
