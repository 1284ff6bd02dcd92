/** `gateway`: where it listens, who may call, and what HTTP serves. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { bytes, count, filePath, milliseconds } from "./fields.ts";
import { Http } from "./http.ts";
import { Limits } from "./limits.ts";
import { SecretText } from "./secret.ts";

const Address = z.union([z.ipv4().max(64), z.ipv6().max(64)], "expected an IP address");
const AddressOrRange = z.union(
  [z.ipv4().max(64), z.ipv6().max(64), z.cidrv4().max(64), z.cidrv6().max(64)],
  'expected an IP address or a range such as "10.0.0.0/8"',
);

const Auth = z
  .strictObject({
    mode: z
      .enum(["token", "password", "none"])
      .optional()
      .describe(
        "How callers identify themselves; by default it follows from which secret is set. In mode `none` everybody is the operator, and keys restrict nobody.",
      ),
    token: SecretText.optional().describe(
      "The shared secret for mode `token`: full operator rights. At least 24 characters to leave loopback.",
    ),
    password: SecretText.optional().describe(
      "The shared secret for mode `password`: full operator rights. At least 12 characters to leave loopback.",
    ),
    rateLimit: z
      .strictObject({
        maxAttempts: count().default(10).describe("Wrong credentials per address within the window."),
        windowMs: milliseconds().default(60_000).describe("The window, in milliseconds."),
        lockoutMs: milliseconds()
          .default(60_000)
          .describe("How long further failures are answered 429, in milliseconds."),
      })
      .prefault({})
      .describe("Bounds the cost of guessing; a right credential is never shut out."),
  })
  .prefault({});

const Tls = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Off: plain HTTP although the paths are set."),
    certPath: filePath().optional().describe("Certificate chain, PEM."),
    keyPath: filePath().optional().describe("Private key, PEM."),
  })
  .transform(({ enabled, certPath, keyPath }) =>
    enabled && certPath !== undefined && keyPath !== undefined ? { certPath, keyPath } : undefined,
  )
  .optional()
  .describe("Serves HTTPS with this certificate; both paths are needed. Absent: plain HTTP.");

export const Gateway = z
  .strictObject({
    mode: z.enum(["local"]).default("local").describe("This process serves; there is no other mode."),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(18_789)
      .describe("Port to listen on; `--port` and `OPENCLAW_GATEWAY_PORT` come first. 0: any free one."),
    bind: z
      .enum(["loopback", "lan", "custom", "auto"])
      .default("loopback")
      .describe(
        "Addresses to listen on: this machine only, all, or `customBindHost`. `auto` means `loopback`.",
      ),
    customBindHost: Address.optional().describe("IP address to listen on with `bind` `custom`."),
    auth: Auth,
    trustedProxies: listOf(AddressOrRange)
      .default([])
      .describe("Proxies, as IP addresses or CIDR ranges, whose `X-Forwarded-*` headers are believed."),
    http: Http,
    tls: Tls,
    tools: z
      .strictObject({
        maxBodyBytes: bytes()
          .default(2_000_000)
          .describe("Largest body of `POST /tools/invoke`, in bytes; beyond it 413."),
        allow: listOf(shortText().min(1))
          .default([])
          .describe("Tools that HTTP callers may invoke although they are denied over HTTP by default."),
        deny: listOf(shortText().min(1))
          .default([])
          .describe("Further tools that HTTP callers may not invoke; stronger than `allow`."),
      })
      .prefault({}),
    limits: Limits,
  })
  .prefault({})
  .describe("The server.");
