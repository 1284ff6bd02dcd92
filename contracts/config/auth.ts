/** `gateway.auth`: how callers prove who they are. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { scopes } from "../permissions.ts";
import { count, milliseconds } from "./fields.ts";
import { SecretText } from "./secret.ts";

const headerName = () =>
  shortText()
    .regex(/^[\w!#$%&'*+.^`|~-]+$/, "must be the name of a header")
    .toLowerCase();

const RateLimit = z
  .strictObject({
    maxAttempts: count().default(10).describe("Wrong credentials per client address within the window."),
    windowMs: milliseconds().default(60_000).describe("Length of the window, in milliseconds."),
    lockoutMs: milliseconds()
      .default(60_000)
      .describe("How long further wrong credentials get 429, in milliseconds."),
    exemptLoopback: z
      .boolean()
      .default(false)
      .describe(
        "Whether wrong credentials from this machine never count. Those of web pages, and those that a proxy forwards, always do.",
      ),
  })
  .prefault({})
  .describe("Limits guessing. A correct credential is never locked out.");

const TrustedProxy = z
  .strictObject({
    userHeader: headerName().describe("Header in which the proxy names the user that it has signed in."),
    requiredHeaders: listOf(headerName())
      .default([])
      .describe("Further headers that the proxy sends with each request; without one it is rejected."),
    allowUsers: listOf(shortText().min(1))
      .default([])
      .describe("The only users that are let in, compared exactly. Empty: all whom the proxy signs in."),
    allowLoopback: z
      .boolean()
      .default(false)
      .describe(
        "Whether the proxy may run on this machine. Each program of this machine can then name any user.",
      ),
  })
  .optional()
  .describe("With mode `trusted-proxy`: what the proxy sends.");

const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;

/** A secret must not travel in the clear, and neither must what it is checked with. */
const KeysUrl = z
  .url({ protocol: /^https?$/, error: "must be a URL such as https://issuer.example/jwks.json" })
  .max(2048)
  .refine(
    (url) => /^(https:|http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/])/i.test(url),
    "must begin with https://, or be on this machine",
  );

const claim = () => shortText().min(1);

const Jwt = z
  .strictObject({
    issuer: shortText().min(1).describe("The claim `iss` of accepted tokens."),
    audience: z
      .union([shortText().min(1), listOf(shortText().min(1)).min(1)])
      .describe("The claim `aud` of accepted tokens, or several of which a token must have one."),
    jwksUri: KeysUrl.describe(
      "Address of the issuer's keys, as JWKS. Fetched when a token names an unknown key.",
    ),
    algorithms: listOf(z.enum(algorithms))
      .min(1)
      .default(["RS256", "ES256", "EdDSA"])
      .describe("Accepted algorithms of signatures."),
    principalClaim: claim().default("sub").describe("Claim that names the user."),
    scopesClaim: claim()
      .optional()
      .describe(
        "Claim with the scopes: a list, or a text with spaces. A token without it may read and write.",
      ),
    agentsClaim: claim()
      .optional()
      .describe(
        "Claim with the ids of the agents that the user may use. A token without it may use none. The newest token of a user decides.",
      ),
    clockToleranceSeconds: z
      .int()
      .min(0)
      .max(600)
      .default(30)
      .describe("How far the issuer's clock may differ, in seconds."),
  })
  .optional()
  .describe("With mode `jwt`: the tokens, as RFC 7519 has them. They must have `exp`.");

export const authModes = ["token", "password", "trusted-proxy", "jwt", "none"] as const;

export type AuthMode = (typeof authModes)[number];

export const Auth = z
  .strictObject({
    mode: z
      .enum(authModes)
      .optional()
      .describe(
        "How callers authenticate. Default: the kind of secret that is set. `trusted-proxy`: a proxy signs users in. `jwt`: callers send tokens of an issuer. In mode `none` every caller is the operator, and keys have no effect.",
      ),
    token: SecretText.optional().describe(
      "Shared secret of mode `token`, with all operator permissions. At least 24 characters to listen beyond loopback.",
    ),
    password: SecretText.optional().describe(
      "Shared secret of mode `password`, with all operator permissions. At least 12 characters to listen beyond loopback. In the modes `trusted-proxy` and `jwt`: the secret of commands on this machine.",
    ),
    trustedProxy: TrustedProxy,
    identityScopes: z
      .record(shortText().min(1), listOf(z.enum(scopes)))
      .default({})
      .meta({
        description:
          "With mode `trusted-proxy`: further scopes by user. Every user has `operator.read` and `operator.write`. E-mail addresses match in any case.",
        examples: [{ "ada@example.org": ["operator.admin"] }],
      }),
    jwt: Jwt,
    rateLimit: RateLimit,
  })
  .superRefine(({ mode, trustedProxy, jwt }, context) => {
    if (mode === "trusted-proxy" && trustedProxy === undefined) {
      context.addIssue({
        code: "custom",
        path: ["trustedProxy", "userHeader"],
        message: "is required in mode trusted-proxy: the header that names the user",
      });
    }
    if (mode === "jwt" && jwt === undefined) {
      context.addIssue({
        code: "custom",
        path: ["jwt"],
        message: "is required in mode jwt: issuer, audience and jwksUri",
      });
    }
  })
  .prefault({})
  .describe("How callers prove who they are.");
