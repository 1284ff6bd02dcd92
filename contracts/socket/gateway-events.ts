/** What the gateway tells of itself: that it lives, how it is, who is connected, that it stops. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { ok, sessionKey, stateVersion, time } from "./fields.ts";
import { event } from "./method.ts";
import { scopes } from "../rights.ts";

export const PresenceEntry = z
  .object({
    connId: shortText().describe("Id of the connection."),
    host: shortText().describe("What the program calls itself."),
    version: shortText().describe("Its version."),
    platform: shortText().describe("What it runs on."),
    mode: shortText().describe("What it is."),
    instanceId: shortText().optional().describe("Tells several of its kind apart."),
    reason: z.literal("connect").describe("Always `connect`: who has left is not listed."),
    ts: time().describe("When it connected: Unix time in milliseconds."),
    roles: listOf(z.literal("operator")).describe("What it is connected as."),
    scopes: listOf(z.enum(scopes)).describe("What it may do."),
  })
  .meta({ id: "PresenceEntry", description: "A program that is connected." });

const AgentHealth = z.object({
  agentId: shortText().describe("Id of the agent."),
  name: shortText().optional().describe("Its name for people."),
  isDefault: z.boolean().describe("Whether it is the default agent."),
});

export const Health = z
  .object({
    ok,
    ts: time().describe("When this was so: Unix time in milliseconds."),
    durationMs: z.int().describe("How long it took to find out, in milliseconds."),
    defaultAgentId: shortText().describe("Id of the default agent."),
    agents: listOf(AgentHealth).describe("Every agent."),
    sessions: z
      .object({
        count: z.int().describe("Sessions that you may see, counted up to 1 000."),
        recent: listOf(
          z.object({
            key: sessionKey(),
            updatedAt: time().describe("When something was last said in it: Unix time in milliseconds."),
            age: z.int().describe("How long ago that is, in milliseconds."),
          }),
        ).describe("The last five."),
      })
      .describe("Stored conversations."),
  })
  .meta({ id: "Health", description: "How the gateway is." });

const common = { tag: "Gateway" } as const;

export const tick = event({
  ...common,
  event: "tick",
  summary: "The gateway lives",
  description: "Comes every `policy.tickIntervalMs`, whatever else comes.",
  droppable: "always",
  payload: z
    .object({ ts: time().describe("The gateway's clock: Unix time in milliseconds.") })
    .meta({ id: "Tick", description: "A sign of life." }),
});

export const presence = event({
  ...common,
  event: "presence",
  summary: "Somebody came or left",
  description:
    "The whole list, at most once a second. The 100 who came last are listed. The gateway's own secret, and keys with `operator.admin`, see everybody, other credentials their own connections.",
  auth: "read",
  droppable: "always",
  payload: z
    .object({ presence: listOf(PresenceEntry).describe("Who is connected."), stateVersion })
    .meta({ id: "Presence", description: "Who is connected." }),
});

export const health = event({
  ...common,
  event: "health",
  summary: "How the gateway is",
  description: "What the method `health` answers, once a minute.",
  auth: "read",
  droppable: "always",
  payload: Health,
});

export const shutdown = event({
  ...common,
  event: "shutdown",
  summary: "The gateway stops",
  description:
    "Runs that are at work get some time to finish, and no new one begins; then the connection is closed with code 1012. Connect again.",
  droppable: "never",
  payload: z
    .object({
      reason: shortText().describe("Why, for people."),
      restartExpectedMs: z
        .int()
        .optional()
        .describe("After how long it may be back, in milliseconds, where that is known."),
    })
    .meta({ id: "Shutdown", description: "The gateway stops." }),
});
