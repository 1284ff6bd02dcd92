/** Methods about the gateway itself. */
import { z } from "zod";
import { anyObject, listOf, longText, shortText } from "../limits.ts";
import { noParams, ok, params, time } from "./fields.ts";
import { Health, PresenceEntry } from "./gateway-events.ts";
import { method } from "./method.ts";

const common = { tag: "Gateway" } as const;

export const health = method({
  ...common,
  method: "health",
  summary: "How the gateway is",
  description: "Its agents, and the sessions that you may see.",
  auth: "read",
  params: params({
    probe: z.boolean().optional().describe("Accepted and ignored: the answer is always fresh."),
  }),
  result: Health,
  errors: ["storage_unavailable"],
});

export const status = method({
  ...common,
  method: "status",
  summary: "What the gateway does",
  description: "Its version, for how long it runs, and what is at work in it now.",
  auth: "read",
  params: noParams,
  result: z
    .object({
      ok,
      version: shortText().describe("Version of the gateway."),
      ts: time().describe("The gateway's clock: Unix time in milliseconds."),
      uptimeMs: z.int().describe("How long it runs, in milliseconds."),
      stopping: z.boolean().describe("Whether it is stopping."),
      runs: z.int().describe("Runs that are at work or wait for their turn, those of HTTP included."),
      connections: z.int().describe("Sockets that are connected."),
      defaultAgentId: shortText().describe("Id of the default agent."),
      agents: listOf(shortText()).describe("Ids of all agents."),
    })
    .meta({ id: "GatewayStatus", description: "What the gateway does." }),
  errors: [],
});

export const systemPresence = method({
  ...common,
  method: "system-presence",
  summary: "Who is connected",
  description: "What the event `presence` has.",
  auth: "read",
  params: noParams,
  result: listOf(PresenceEntry).meta({ id: "PresenceList", description: "Who is connected." }),
  errors: [],
});

export const configGet = method({
  ...common,
  method: "config.get",
  summary: "Read the configuration",
  description:
    "The configuration that is at work, every default filled in. Only values that are known to be harmless are shown: all others, those of unknown settings included, read `[redacted]`.",
  auth: "read",
  params: noParams,
  result: z
    .object({
      valid: z.literal(true).describe("Always true: with another the gateway would not run."),
      config: anyObject().describe("The configuration, in the form of its file."),
      hash: shortText().describe("Tells one such answer from another."),
      issues: listOf(shortText()).describe("Always empty."),
    })
    .meta({ id: "ConfigSnapshot", description: "The configuration, without its secrets." }),
  errors: [],
});

export const logsTail = method({
  ...common,
  method: "logs.tail",
  summary: "Read the log",
  description:
    "The newest lines of the log, or those since `cursor`. The gateway remembers the last 2 000. Other credentials than the gateway's own secret, and keys with `operator.admin`, see the lines that name them.",
  auth: "read",
  params: params({
    cursor: z.int().min(0).optional().describe("`cursor` of the answer before: only what came since."),
    limit: z.int().min(1).max(2_000).optional().describe("Lines at most, 1–2 000. Default: 200."),
    maxBytes: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe("Bytes of all lines together at most. Default: 250 000."),
  }),
  result: z
    .object({
      cursor: z.int().describe("Send it as `cursor` for what comes next."),
      lines: listOf(longText()).describe("Lines of the log, each a JSON object, the oldest first."),
      truncated: z.boolean().describe("Whether lines were left out, since there were too many."),
    })
    .meta({ id: "LogTail", description: "Lines of the log." }),
  errors: [],
});
