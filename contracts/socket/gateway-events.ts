/** Events about the gateway itself: tick, presence, health and shutdown. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { ok, sessionKey, stateVersion, time } from "./fields.ts";
import { event } from "./method.ts";
import { scopes } from "../permissions.ts";

export const PresenceEntry = z
  .object({
    connId: shortText().describe("Id of the connection."),
    host: shortText().describe("Name of the client program."),
    version: shortText().describe("Version of the client."),
    platform: shortText().describe("Platform of the client."),
    mode: shortText().describe("Kind of client."),
    instanceId: shortText().optional().describe("Distinguishes several instances of the same client."),
    reason: z.literal("connect").describe("Always `connect`. Closed connections are not listed."),
    ts: time().describe("Time of the connection, Unix time in milliseconds."),
    roles: listOf(z.literal("operator")).describe("Roles of the connection."),
    scopes: listOf(z.enum(scopes)).describe("Scopes of the connection."),
  })
  .meta({ id: "PresenceEntry", description: "A connected client." });

export const SessionCounts = z
  .object({
    path: shortText().describe(
      "The file of the sessions: its full path for the gateway's own secret and keys with `operator.admin`, its name for other credentials. Empty without the permission to read.",
    ),
    count: z.int().describe("Number of sessions that you may see, at most 1 000."),
    recent: listOf(
      z.object({
        key: sessionKey(),
        updatedAt: time().describe("Time of the last entry, Unix time in milliseconds."),
        age: z.int().describe("Time since the last entry, in milliseconds."),
      }),
    ).describe("The five most recently used sessions."),
  })
  .meta({ id: "SessionCounts", description: "Number of sessions, and the newest of them." });

const AgentHealth = z.object({
  agentId: shortText().describe("Id of the agent."),
  name: shortText().optional().describe("Display name."),
  isDefault: z.boolean().describe("Whether it is the default agent."),
  sessions: SessionCounts.describe("Stored sessions of the agent."),
});

export const Health = z
  .object({
    ok,
    ts: time().describe("Time of this state, Unix time in milliseconds."),
    durationMs: z.int().describe("Duration of the check, in milliseconds."),
    defaultAgentId: shortText().describe("Id of the default agent."),
    agents: listOf(AgentHealth).describe("Every agent."),
    sessions: SessionCounts.describe("Stored sessions of all agents."),
  })
  .meta({ id: "Health", description: "Health of the gateway." });

const common = { tag: "Gateway" } as const;

export const tick = event({
  ...common,
  event: "tick",
  summary: "The gateway is alive",
  description: "Sent every `policy.tickIntervalMs` milliseconds.",
  droppable: "always",
  payload: z
    .object({ ts: time().describe("The gateway's clock: Unix time in milliseconds.") })
    .meta({ id: "Tick", description: "A heartbeat." }),
});

export const presence = event({
  ...common,
  event: "presence",
  summary: "A client connected or disconnected",
  description:
    "The full list, sent at most once a second, and less often with more than 100 connections. It has the 100 newest connections. The gateway's own secret and keys with `operator.admin` see every connection; other credentials see their own.",
  auth: "read",
  droppable: "always",
  payload: z
    .object({ presence: listOf(PresenceEntry).describe("Connected clients."), stateVersion })
    .meta({ id: "Presence", description: "Connected clients." }),
});

export const health = event({
  ...common,
  event: "health",
  summary: "Health of the gateway",
  description: "The result of the method `health`, sent once a minute.",
  auth: "read",
  droppable: "always",
  payload: Health,
});

export const shutdown = event({
  ...common,
  event: "shutdown",
  summary: "The gateway stops",
  description:
    "Active runs get some time to finish, and no new run starts. Then the connection is closed with code 1012. Connect again.",
  droppable: "never",
  payload: z
    .object({
      reason: shortText().describe("Reason for people."),
      restartExpectedMs: z
        .int()
        .optional()
        .describe("Expected duration of the restart, in milliseconds. Absent when unknown."),
    })
    .meta({ id: "Shutdown", description: "The gateway stops." }),
});
