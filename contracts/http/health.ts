/** GET /healthz and GET /readyz: liveness and readiness probes. */
import { z } from "zod";
import { ConfigStatus } from "../config-status.ts";
import { endpoint } from "../endpoint.ts";
import { listOf, shortText } from "../limits.ts";
import { GatewayNode } from "../gateway-node.ts";
import { ProviderStatus } from "../provider-status.ts";

const Health = z
  .object({
    ok: z.literal(true).describe("Always true."),
    status: z.literal("live").describe("Always `live`."),
  })
  .meta({ id: "Health", description: "The process is alive." });

const UnreadyReason = z
  .object({
    code: z
      .enum(["shutting_down", "storage_unavailable", "server_overloaded"])
      .meta({ id: "UnreadyCode", description: "The error code that requests get meanwhile." }),
    message: shortText().describe("The reason, for people."),
  })
  .meta({ id: "UnreadyReason", description: "Why the gateway accepts no requests." });

export type UnreadyCode = z.infer<typeof UnreadyReason>["code"];

/** Only callers with `operator.read` get these. */
const details = {
  failing: listOf(UnreadyReason.shape.code)
    .optional()
    .describe("The codes of `reasons`, as OpenClaw has them. For credentials with `operator.read` only."),
  version: shortText()
    .optional()
    .describe("Version of the gateway. For credentials with `operator.read` only."),
  node: GatewayNode.optional().describe(
    "Which process has answered. For credentials with `operator.read` only.",
  ),
  uptimeMs: z
    .int()
    .min(0)
    .optional()
    .describe("Time since the start. For credentials with `operator.read` only."),
  drain: z
    .object({
      active: z.boolean().describe("Whether the gateway is stopping."),
      requests: z.int().min(0).describe("Requests, calls and background work in flight."),
      maxMs: z.int().min(0).describe("Time that they have after a stop: `gateway.limits.drainMs`."),
    })
    .optional()
    .meta({
      id: "DrainStatus",
      description: "What a stop waits for. For credentials with `operator.read` only.",
    }),
  runs: z
    .object({
      active: z.int().min(0).describe("Runs that have a slot."),
      waiting: z.int().min(0).describe("Runs that wait for a slot."),
    })
    .optional()
    .meta({
      id: "RunCounts",
      description: "Runs of this moment. For credentials with `operator.read` only.",
    }),
  store: z
    .object({
      writable: z.boolean().describe("Whether a write has succeeded within two seconds."),
      bytes: z.int().min(0).describe("Size of the database without its log."),
    })
    .optional()
    .meta({
      id: "StoreStatus",
      description: "The session store. For credentials with `operator.read` only.",
    }),
  eventLoop: z
    .object({
      utilization: z.number().min(0).max(1).describe("Share of the time that it was at work."),
      delayP99Ms: z.int().min(0).describe("How late it was in the worst hundredth of the ticks."),
      delayMaxMs: z.int().min(0).describe("How late it was at most."),
    })
    .optional()
    .meta({
      id: "EventLoopStatus",
      description:
        "The event loop since the last reply that had it. For credentials with `operator.read` only.",
    }),
};

const Readiness = z
  .object({
    ready: z.boolean().describe("True with 200, false with 503."),
    ...details,
    reasons: listOf(UnreadyReason)
      .optional()
      .describe("Why `ready` is false; empty when it is true. For credentials with `operator.read` only."),
    providers: listOf(ProviderStatus)
      .optional()
      .describe(
        "The providers that were called since the start. For credentials with `operator.read` only. They do not change `ready`.",
      ),
    config: ConfigStatus.optional().describe(
      "Whether the configuration file is applied. For credentials with `operator.read` only. It does not change `ready`.",
    ),
  })
  .meta({ id: "Readiness", description: "Whether the gateway accepts requests." });

const ProbeHeaders = z.object({
  "cache-control": z.literal("no-store").describe("Always `no-store`: a stored answer says nothing."),
});

export const getHealth = endpoint({
  id: "getHealth",
  method: "get",
  path: "/healthz",
  aliases: ["/health"],
  tag: "Health",
  summary: "Is the process alive?",
  description: "Returns 200 while the process is alive. Restart the process when this fails.",
  auth: "public",
  responses: { 200: Health },
  replyHeaders: ProbeHeaders,
  errors: [],
});

export const getReadiness = endpoint({
  id: "getReadiness",
  method: "get",
  path: "/readyz",
  aliases: ["/ready"],
  tag: "Health",
  summary: "Does the gateway accept requests?",
  description:
    "Send traffic while this is 200. It is 503 once the gateway begins to stop, while its memory has been full for five seconds, and while its store cannot be written within two seconds. No credential is needed; one with `operator.read` gets the reasons, the version, the node, the uptime, counts of runs and requests, the state of the store, the event loop and the providers, and whether the configuration file is applied.",
  auth: "optional",
  responses: {
    200: Readiness,
    503: {
      description: "The gateway is stopping, its memory is full, or its store cannot be written.",
      body: Readiness,
    },
  },
  replyHeaders: ProbeHeaders,
  errors: [],
});

const Startup = z
  .object({
    ok: z.literal(true).describe("Always true."),
    status: z.literal("started").describe("Always `started`."),
  })
  .meta({ id: "Startup", description: "The gateway has started." });

export const getStartup = endpoint({
  id: "getStartup",
  method: "get",
  path: "/startupz",
  aliases: ["/startup"],
  tag: "Health",
  summary: "Has the gateway started?",
  description:
    "Returns 200 once the gateway has started. Before that nothing listens. For startup probes, which wait longer than liveness probes.",
  auth: "public",
  responses: { 200: Startup },
  replyHeaders: ProbeHeaders,
  errors: [],
});
