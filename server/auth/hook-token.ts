/** The token of hooks. Only the endpoints of hooks accept it, and they accept no other credential. */
import { timingSafeEqual } from "node:crypto";
import type { Config } from "../../contracts/config/config.ts";
import { reveal } from "../../contracts/config/secret.ts";
import { GatewayError } from "../lib/errors.ts";
import { readBearer } from "./attempt.ts";
import type { Authenticate } from "./authenticate.ts";
import type { CountFailure } from "./failure-limiter.ts";
import { createOperatorCredential, hashSecret } from "./secret-check.ts";
import { createSecretError, findWeakness } from "./shared-secret.ts";

/** Limits wrong tokens of one address to 20 a minute, as OpenClaw does. */
export const hookRateLimit = {
  maxAttempts: 20,
  windowMs: 60_000,
  lockoutMs: 60_000,
  exemptLoopback: false,
} as const;

/** Throws for a caller without the token, and counts a wrong token for the caller's address. */
export function createHookAuthenticator(
  { enabled, token }: Pick<Config["hooks"], "enabled" | "token">,
  countFailure: CountFailure,
): Authenticate {
  const digest = enabled && token !== undefined ? hashSecret(reveal(token)) : undefined;
  const credential = createOperatorCredential(["operator.write"]);
  return async (attempt) => {
    const { headers, url = "" } = attempt.request;
    if (new URLSearchParams(url.split("?")[1]).has("token")) {
      throw new GatewayError(
        "invalid_request",
        "token: is not read from the query, because URLs end up in logs. Send `Authorization: Bearer <token>`.",
        { param: "token" },
      );
    }
    const header = headers["x-openclaw-token"];
    const candidate = readBearer(headers.authorization) ?? (typeof header === "string" ? header.trim() : "");
    if (digest !== undefined && candidate !== "" && timingSafeEqual(hashSecret(candidate), digest))
      return credential;
    if (candidate === "") {
      throw new GatewayError(
        "invalid_api_key",
        "No token was sent. Send hooks.token as `Authorization: Bearer <token>` or `x-openclaw-token`.",
      );
    }
    await countFailure(attempt);
    throw new GatewayError(
      "invalid_api_key",
      "The token is not hooks.token. Hooks do not accept the gateway's own secret or keys.",
    );
  };
}

interface TokenUse {
  /** The gateway's own secret. */
  readonly secret: string | undefined;
  /** Whether only this machine can connect. */
  readonly isLoopback: boolean;
}

/** Throws a `ConfigError` for a token that is the gateway's own secret, or too weak for other machines. */
export function checkHookToken({ hooks }: Pick<Config, "hooks">, { secret, isLoopback }: TokenUse): void {
  if (!hooks.enabled || hooks.token === undefined) return;
  const text = reveal(hooks.token);
  const problem = findTokenProblem(text, { secret, isLoopback });
  if (problem === undefined) return;
  throw createSecretError("hooks.token", `${problem}; make one with: openssl rand -hex 24`);
}

function findTokenProblem(text: string, { secret, isLoopback }: TokenUse): string | undefined {
  if (text.trim() === "") return "is blank";
  if (text === secret) return "is the gateway's own secret, which has more permissions: choose another token";
  const weakness = isLoopback ? undefined : findWeakness(text, "token");
  return weakness && `cannot be used, because other machines can connect: ${weakness}`;
}
