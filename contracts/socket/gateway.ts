/** Methods about the gateway itself. */
import { z } from "zod";
import { listOf, longText, shortText } from "../limits.ts";
import { ConfigStatus } from "../config-status.ts";
import { GatewayNode } from "../gateway-node.ts";
import { ProviderStatus } from "../provider-status.ts";
import { noParams, ok, params, time } from "./fields.ts";
import { Health, PresenceEntry, SessionCounts } from "./gateway-events.ts";
import { method } from "./method.ts";

const common = { tag: "Gateway" } as const;

export const health = method({
  ...common,
  method: "health",
  summary: "Read the health",
  description: "The agents, and the sessions that you may see.",
  auth: "read",
  params: params({
    probe: z.boolean().optional().describe("Accepted and ignored. The result is never cached."),
  }),
  result: Health,
  errors: ["storage_unavailable"],
});

const StatusSessions = z
  .object({
    ...SessionCounts.omit({ path: true }).shape,
    paths: listOf(shortText()).describe("The file of the sessions, as `path` of `byAgent`."),
    defaults: z
      .object({
        model: shortText().nullable().describe("The default agent's model."),
        contextTokens: z
          .int()
          .nullable()
          .describe("The model's `contextWindow`, if the configuration has one."),
      })
      .describe("What a new session of the default agent has."),
    byAgent: listOf(
      z.object({ agentId: shortText().describe("Id of the agent."), ...SessionCounts.shape }),
    ).describe("The sessions of each agent."),
  })
  .meta({ id: "StatusSessions", description: "The stored sessions, as OpenClaw's command line reads them." });

const NodeStatus = z
  .object({
    ...GatewayNode.shape,
    version: shortText().describe("Version of the gateway."),
    startedAt: time().describe("When it started."),
    lastHeartbeatAt: time().describe(
      "When it was last heard of, by the clock of the database. A node that is not heard of for 15 s is gone.",
    ),
    runs: z.int().min(0).describe("Active and waiting runs at its last heartbeat, which is up to 5 s old."),
    draining: z.boolean().describe("Whether it is stopping, and gets no new work."),
    self: z.boolean().describe("Whether this node has answered."),
  })
  .meta({ id: "NodeStatus", description: "What a node does." });

export const status = method({
  ...common,
  method: "status",
  summary: "What the gateway does",
  description:
    "The version, the uptime, the number of active runs and connections, and the sessions that you may see.",
  auth: "read",
  params: params({
    includeChannelSummary: z.boolean().optional().describe("Accepted and ignored. There are no channels."),
    includeCliProjection: z.boolean().optional().describe("Accepted and ignored."),
    allNodes: z
      .boolean()
      .optional()
      .describe("Whether `nodes` is wanted: every node that shares the store. Default: false."),
  }),
  result: z
    .object({
      ok,
      version: shortText().describe("Version of the gateway."),
      runtimeVersion: shortText().describe("The same as `version`, by OpenClaw's name."),
      node: GatewayNode.describe("Which process has answered."),
      nodes: listOf(NodeStatus)
        .optional()
        .describe("With `allNodes`: all nodes, this one included, in the order of their starts."),
      ts: time().describe("The gateway's clock: Unix time in milliseconds."),
      uptimeMs: z.int().describe("Time since the gateway started, in milliseconds."),
      stopping: z.boolean().describe("Whether the gateway is stopping."),
      runs: z.int().describe("Number of active and waiting runs, including those of HTTP requests."),
      connections: z.int().describe("Number of connections of this protocol."),
      defaultAgentId: shortText().describe("Id of the default agent."),
      agents: listOf(shortText()).describe("Ids of all agents."),
      unhandledRejections: z
        .int()
        .describe("Unhandled promise rejections since the start. Each is a bug; the log has its stack."),
      providers: listOf(ProviderStatus).describe("The providers that were called since the start."),
      config: ConfigStatus.describe("Whether the configuration file is applied."),
      sessions: StatusSessions.describe("The stored sessions that you may see."),
      channelSummary: z
        .array(shortText())
        .max(0)
        .describe("Always empty: there are no channels. OpenClaw's command line reads it."),
    })
    .meta({ id: "GatewayStatus", description: "Status of the gateway." }),
  errors: ["storage_unavailable"],
});

export const systemPresence = method({
  ...common,
  method: "system-presence",
  summary: "List the connected clients",
  description: "The same list as in the event `presence`.",
  auth: "read",
  params: noParams,
  result: listOf(PresenceEntry).meta({ id: "PresenceList", description: "Connected clients." }),
  errors: [],
});

export const logsTail = method({
  ...common,
  method: "logs.tail",
  summary: "Read the log",
  description:
    "The newest lines of the log, or the lines since `cursor`. The gateway keeps the last 2 000 lines. The gateway's own secret and keys with `operator.admin` see every line; other credentials see only the lines that name them.",
  auth: "read",
  params: params({
    cursor: z.int().min(0).optional().describe("`cursor` of the previous result, for newer lines only."),
    limit: z.int().min(1).max(2_000).optional().describe("Maximum number of lines, 1–2 000. Default: 200."),
    maxBytes: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe("Maximum size of all lines, in bytes. Default: 250 000."),
  }),
  result: z
    .object({
      cursor: z.int().describe("Send it as `cursor` for the next lines."),
      lines: listOf(longText()).describe("Lines of the log, each a JSON object, oldest first."),
      truncated: z.boolean().describe("Whether lines were omitted because of `limit` or `maxBytes`."),
    })
    .meta({ id: "LogTail", description: "Lines of the log." }),
  errors: [],
});
