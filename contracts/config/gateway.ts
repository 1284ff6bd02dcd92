/** `gateway`: listen address, authentication, endpoints and limits. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { Auth } from "./auth.ts";
import { bytes, filePath, urlPathSegments } from "./fields.ts";
import { Http } from "./http.ts";
import { Limits } from "./limits.ts";
import { SecretText } from "./secret.ts";
import { Webhooks } from "./webhooks.ts";

const Address = z.union([z.ipv4().max(64), z.ipv6().max(64)], "expected an IP address");
const AddressOrRange = z.union(
  [z.ipv4().max(64), z.ipv6().max(64), z.cidrv4().max(64), z.cidrv6().max(64)],
  'expected an IP address or a range such as "10.0.0.0/8"',
);

const ControlUi = z
  .strictObject({
    enabled: z
      .boolean()
      .optional()
      .describe(
        "Serves the page for people without authentication; the page asks for the credential. Default: true when the gateway listens on this machine only.",
      ),
    basePath: shortText()
      .regex(
        new RegExp(`^(/|${urlPathSegments})$`),
        'must be "/", or a path such as "/ui" without a slash at its end and without the segments "." and ".."',
      )
      .default("/")
      .describe("Path of the page. The API and the WebSocket keep their paths."),
  })
  .prefault({})
  .describe("The page for people, on which they talk to agents and look after the gateway.");

const Tls = z
  .strictObject({
    enabled: z.boolean().default(true).describe("`false` serves plain HTTP even if the paths are set."),
    autoGenerate: z
      .boolean()
      .optional()
      .describe(
        "Whether a certificate that is signed with its own key is made when neither file exists. Default: `true` without paths.",
      ),
    certPath: filePath()
      .optional()
      .describe("Certificate chain, PEM. Default: `gateway/tls/gateway-cert.pem` in the state folder."),
    keyPath: filePath()
      .optional()
      .describe("Private key, PEM. Default: `gateway/tls/gateway-key.pem` in the state folder."),
  })
  .transform(({ enabled, certPath, keyPath, autoGenerate = false }) =>
    enabled && certPath !== undefined && keyPath !== undefined
      ? { certPath, keyPath, autoGenerate }
      : undefined,
  )
  .optional()
  .describe(
    "Serves HTTPS with this certificate, whose renewal is noticed. Both paths, or neither. Without it, plain HTTP is served.",
  );

const Reload = z
  .strictObject({
    mode: z
      .enum(["hybrid", "off"])
      .default("hybrid")
      .describe(
        "`hybrid` applies a valid change of the file while the gateway runs; settings that need a restart are named in the log and by `openclaw status`. `off` waits for a restart, SIGHUP or `config.apply`.",
      ),
  })
  .prefault({})
  .describe("What happens when the file changes.");

export const Gateway = z
  .strictObject({
    mode: z
      .enum(["local", "remote"])
      .default("local")
      .describe("`local`: a gateway may run on this machine. `remote`: it does not start here."),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(18_789)
      .describe(
        "Port to listen on. `--port` and `OPENCLAW_GATEWAY_PORT` override it. 0 selects a free port.",
      ),
    workers: z
      .union([z.enum(["auto"]), z.int().min(1).max(256)], 'expected "auto" or a whole number from 1 to 256')
      .default(1)
      .describe(
        "Number of processes that serve the port. Each one is a node. More than one requires PostgreSQL (`session.store`). `auto`: one for each core that the gateway may use, and one with SQLite. The descriptions in `limits` say which limits are divided among the workers.",
      ),
    bind: z
      .enum(["loopback", "lan", "custom", "auto", "tailnet"])
      .default("loopback")
      .describe(
        "Addresses to listen on: this machine only (`loopback`, `auto`), all (`lan`), `customBindHost` (`custom`), or this machine and its IPv4 address of Tailscale (`tailnet`; without one, this machine only).",
      ),
    customBindHost: Address.optional().describe("IP address to listen on if `bind` is `custom`."),
    auth: Auth,
    encryptionKey: SecretText.optional().describe(
      "A secret of at least 16 characters, the same on all gateways that share a database. The key of `encrypted_content` lies in the database encrypted with it. Without it that key is stored as it is. With `session.store.type` `sqlite` it has no effect: the key is in the state folder.",
    ),
    trustedProxies: listOf(AddressOrRange)
      .default([])
      .describe("Proxies whose `X-Forwarded-*` headers are trusted, as IP addresses or CIDR ranges."),
    allowRealIpFallback: z
      .boolean()
      .default(false)
      .describe(
        "Whether `X-Real-IP` of a trusted proxy counts where it sends no `X-Forwarded-For`. The proxy must replace what callers send in it.",
      ),
    http: Http,
    controlUi: ControlUi,
    tls: Tls,
    tools: z
      .strictObject({
        maxBodyBytes: bytes()
          .default(2_000_000)
          .describe("Largest body of `POST /tools/invoke`, in bytes; larger ones get 413."),
        allow: listOf(shortText().min(1))
          .default([])
          .describe("Tools that are denied over HTTP by default and that HTTP callers may invoke."),
        deny: listOf(shortText().min(1))
          .default([])
          .describe("Further tools that HTTP callers may not invoke. Overrides `allow`."),
      })
      .prefault({})
      .describe("`POST /tools/invoke`."),
    limits: Limits,
    webhooks: Webhooks,
    reload: Reload,
    tailscale: z
      .strictObject({
        mode: z
          .enum(["off", "serve", "funnel"])
          .default("off")
          .describe(
            "`serve`, `funnel`: the start prints the command and the settings with which Tailscale forwards to this gateway. The gateway does not run Tailscale.",
          ),
      })
      .prefault({})
      .describe("Access through Tailscale."),
    remote: z
      .strictObject({
        url: z
          .url({ protocol: /^(?:wss?|https?)$/, error: "must be a URL such as wss://gateway.example" })
          .max(2048)
          .optional()
          .describe("URL of the gateway that commands talk to."),
        token: SecretText.optional().describe("Its token."),
        password: SecretText.optional().describe("Its password."),
      })
      .optional()
      .describe("With mode `remote`: the gateway that the commands of this machine talk to."),
  })
  .superRefine(({ auth, trustedProxies }, context) => {
    if (auth.mode !== "trusted-proxy" || trustedProxies.length > 0) return;
    context.addIssue({
      code: "custom",
      path: ["trustedProxies"],
      message: "is required with gateway.auth.mode trusted-proxy: the addresses of the proxy",
    });
  })
  .prefault({})
  .describe("The server.");
