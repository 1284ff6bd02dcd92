/** The handshake: a challenge, `connect` as the first call, and hello as its answer. */
import { z } from "zod";
import { anyObject, listOf, shortText } from "../limits.ts";
import { stateVersion, time } from "./fields.ts";
import { Health, PresenceEntry } from "./gateway-events.ts";
import { scopes } from "../rights.ts";

export const protocols = { oldest: 3, newest: 4 } as const;

const scope = z.enum(scopes);

export const Challenge = z
  .object({
    nonce: shortText().describe("For clients that prove a device; this gateway asks for no such proof."),
    ts: time().describe("The gateway's clock: Unix time in milliseconds."),
  })
  .meta({
    id: "ConnectChallenge",
    description: "The first frame of a connection. The client answers with `connect`.",
  });

const secret = z.string().max(4096).optional();

/** Newer clients send more than this: what is unknown here is ignored. */
export const ConnectParams = z
  .object({
    minProtocol: z.int().min(1).describe("Oldest protocol that the client speaks."),
    maxProtocol: z.int().min(1).describe("Newest protocol that the client speaks."),
    client: z
      .object({
        id: shortText().min(1).describe("What the program is called, in its own words."),
        version: shortText().describe("Its version."),
        platform: shortText().describe("What it runs on."),
        mode: shortText().describe("What it is: `cli`, `ui`, `backend` or another word of its own."),
        displayName: shortText().optional().describe("Its name for people."),
        instanceId: shortText().optional().describe("Tells several of its kind apart."),
      })
      .describe("Who connects. Nothing that it says of itself grants a right."),
    role: shortText().optional().describe("`operator`, which is also the default; there is no other here."),
    scopes: listOf(shortText())
      .optional()
      .describe(
        "Scopes that the connection wants: `operator.read`, `operator.write`, `operator.admin`, `run`, `tools`. It gets those that its credential has, and of one that the credential has a part of, that part. Without the field it asks for the first two; with an empty list it gets none.",
      ),
    caps: listOf(shortText()).optional().describe("What the client can do. Accepted and ignored."),
    auth: z
      .object({
        token: secret.describe("The gateway's token, or the secret of a named key."),
        password: secret.describe("The gateway's password."),
      })
      .optional()
      .describe("The credential; the `Authorization` header of the upgrade is looked at without it."),
    device: anyObject()
      .optional()
      .describe("Accepted and not verified: a device is no credential here, and grants nothing."),
    locale: shortText().optional().describe("Accepted and ignored."),
    userAgent: z.string().max(4096).optional().describe("Accepted and ignored."),
  })
  .meta({ id: "ConnectParams", description: "Who connects, with which credential, for what." });

export const HelloOk = z
  .object({
    type: z.literal("hello-ok").describe("Always `hello-ok`."),
    protocol: z.int().describe("The protocol that both speak: the highest there is."),
    server: z
      .object({
        version: shortText().describe("Version of the gateway."),
        connId: shortText().describe("Id of this connection, here and in the log."),
      })
      .describe("Who answers."),
    features: z
      .object({
        methods: listOf(shortText()).describe("Every method."),
        events: listOf(shortText()).describe("Every event."),
      })
      .describe("What there is."),
    snapshot: z
      .object({
        presence: listOf(PresenceEntry).describe("Who is connected."),
        health: Health,
        stateVersion,
        uptimeMs: z.int().describe("How long the gateway runs, in milliseconds."),
        sessionDefaults: z
          .object({
            defaultAgentId: shortText().describe("Id of the default agent."),
            mainKey: shortText().describe("The key of an agent's main session, without the agent."),
            mainSessionKey: shortText().describe("Full key of the default agent's main session."),
          })
          .describe("Where a message goes that says nothing of it."),
        authMode: z.enum(["none", "token", "password"]).describe("Which credential the gateway asks for."),
      })
      .describe("How things are now; events tell of every change."),
    auth: z
      .object({
        role: z.literal("operator").describe("Always `operator`."),
        scopes: listOf(scope).describe("The scopes that the connection has got."),
      })
      .describe("What the connection may do."),
    policy: z
      .object({
        maxPayload: z.int().describe("Largest frame that may be sent, in bytes."),
        maxBufferedBytes: z
          .int()
          .describe("Unread bytes after which a connection misses events, or is closed."),
        tickIntervalMs: z
          .int()
          .describe("A `tick` comes so often, in milliseconds: silence for longer is a dead line."),
      })
      .describe("Limits of the connection."),
  })
  .meta({ id: "HelloOk", description: "The connection stands." });

/** What `error.details.code` of a refused `connect` may be, beside the codes of all methods. */
export const connectDetailCodes = [
  "AUTH_TOKEN_MISSING",
  "AUTH_TOKEN_MISMATCH",
  "AUTH_PASSWORD_MISSING",
  "AUTH_PASSWORD_MISMATCH",
  "AUTH_RATE_LIMITED",
  "PROTOCOL_MISMATCH",
] as const;
