/** The handshake: the challenge, the first call `connect`, and its result hello. */
import { z } from "zod";
import { authModes } from "../config/auth.ts";
import { anyObject, listOf, shortText } from "../limits.ts";
import { stateVersion, time } from "./fields.ts";
import { Health, PresenceEntry } from "./gateway-events.ts";
import { scopes } from "../permissions.ts";

export const protocols = { oldest: 3, newest: 4 } as const;

/** Clients of OpenClaw look for these names before they call the method that a name is about. */
export const capabilities = ["published-model-catalog", "text-deltas"] as const;

const scope = z.enum(scopes);

export const Challenge = z
  .object({
    nonce: shortText().describe("For clients that sign a device identity. This gateway does not verify one."),
    ts: time().describe("The gateway's clock: Unix time in milliseconds."),
  })
  .meta({
    id: "ConnectChallenge",
    description: "The first frame of a connection. The client answers with `connect`.",
  });

const secret = z.string().max(4096).optional();

/** Newer clients send more fields. Unknown fields are ignored. */
export const ConnectParams = z
  .object({
    minProtocol: z.int().min(1).describe("Oldest protocol that the client speaks."),
    maxProtocol: z.int().min(1).describe("Newest protocol that the client speaks."),
    client: z
      .object({
        id: shortText().min(1).describe("Name of the client program."),
        version: shortText().describe("Version of the client."),
        platform: shortText().describe("Platform of the client."),
        mode: shortText().describe("Kind of client: `cli`, `ui`, `backend` or any other word."),
        displayName: shortText().optional().describe("Display name."),
        instanceId: shortText().optional().describe("Distinguishes several instances of the same client."),
      })
      .describe("The client. None of these fields grants a permission."),
    role: shortText().optional().describe("The role. The only role is `operator`, which is the default."),
    scopes: listOf(shortText())
      .optional()
      .describe(
        "Requested scopes: `operator.read`, `operator.write`, `operator.admin`, `run`, `tools`, `metrics`. A scope is granted as far as the credential has it; a partially held scope is granted partially. Default: `operator.read` and `operator.write`. An empty list requests no scopes.",
      ),
    caps: listOf(shortText())
      .optional()
      .describe(
        "Capabilities of the client. `text-deltas`: text events carry only what is new, without the whole text so far. Others are ignored.",
      ),
    auth: z
      .object({
        token: secret.describe("The gateway's token, or the secret of a named key."),
        password: secret.describe("The gateway's password."),
        code: secret.describe("A code of `auth.code`, instead of the secret. It is good once."),
      })
      .optional()
      .describe("The credential. Default: the `Authorization` header of the upgrade request."),
    device: anyObject().optional().describe("Accepted and not verified. A device grants no permission."),
    locale: shortText().optional().describe("Accepted and ignored."),
    userAgent: z.string().max(4096).optional().describe("Accepted and ignored."),
  })
  .meta({ id: "ConnectParams", description: "The client, its credential and the scopes that it requests." });

export const HelloOk = z
  .object({
    type: z.literal("hello-ok").describe("Always `hello-ok`."),
    protocol: z.int().describe("The highest protocol that both sides speak."),
    server: z
      .object({
        version: shortText().describe("Version of the gateway."),
        connId: shortText().describe("Id of this connection, here and in the log."),
      })
      .describe("The gateway."),
    features: z
      .object({
        methods: listOf(shortText()).describe("Every method."),
        events: listOf(shortText()).describe("Every event."),
        capabilities: listOf(z.enum(capabilities)).describe(
          "What a method promises beyond its name. `published-model-catalog`: `models.list` accepts `view` and `includeDetails`, and lists what the agents really use. `text-deltas`: `caps` of `connect` may ask for text events without the text so far.",
        ),
      })
      .describe("Supported methods, events and capabilities."),
    snapshot: z
      .object({
        presence: listOf(PresenceEntry).describe("Connected clients."),
        health: Health,
        stateVersion,
        uptimeMs: z.int().describe("Time since the gateway started, in milliseconds."),
        sessionDefaults: z
          .object({
            defaultAgentId: shortText().describe("Id of the default agent."),
            mainKey: shortText().describe("Key of an agent's main session, without the agent id."),
            mainSessionKey: shortText().describe("Full key of the default agent's main session."),
          })
          .describe("The agent and session of a message that names none."),
        authMode: z.enum(authModes).describe("The kind of credential that the gateway requires."),
      })
      .describe("Current state of the gateway. Events report every change."),
    auth: z
      .object({
        role: z.literal("operator").describe("Always `operator`."),
        scopes: listOf(scope).describe("Granted scopes."),
        secret: secret.describe("Only after `auth.code`: the secret that the code stood for."),
      })
      .describe("Role and scopes of the connection."),
    policy: z
      .object({
        maxPayload: z.int().describe("Maximum size of a frame that the client sends, in bytes."),
        maxBufferedBytes: z
          .int()
          .describe(
            "With more unread bytes, droppable events are skipped, and other frames close the connection.",
          ),
        tickIntervalMs: z
          .int()
          .describe(
            "Interval of `tick`, in milliseconds. A longer silence means that the connection is lost.",
          ),
      })
      .describe("Limits of the connection."),
  })
  .meta({ id: "HelloOk", description: "The connection is established." });

/** Values of `error.details.code` of a rejected `connect`, besides the codes of all methods. */
export const connectDetailCodes = [
  "AUTH_TOKEN_MISSING",
  "AUTH_TOKEN_MISMATCH",
  "AUTH_PASSWORD_MISSING",
  "AUTH_PASSWORD_MISMATCH",
  "AUTH_RATE_LIMITED",
  "PROTOCOL_MISMATCH",
] as const;
