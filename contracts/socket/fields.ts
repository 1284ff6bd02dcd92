/** Fields that several methods and events share. */
import { z } from "zod";
import { limits, shortText } from "../limits.ts";

/** Unknown keys are dropped, as over HTTP: newer clients send more of them. */
export const params = z.object;

export const noParams = z.object({});

/** Unix time in milliseconds. */
export const time = (): z.ZodInt => z.int();

export const sessionKeyInput = (): z.ZodString =>
  z
    .string()
    .min(1)
    .max(limits.fullSessionKey)
    .regex(/^[!-~]+$/, "must be visible ASCII without spaces");

export const sessionKey = (): z.ZodString =>
  shortText().describe(
    "Full key of the session: `agent:<id>:<key>`, or `agent:<id>:key:<name of the key>:<key>` for a limited key.",
  );

export const key = sessionKeyInput().describe(
  "Key of the session: a full key, or a bare key of the default agent.",
);

export const sessionId = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[!-~]+$/, "must be visible ASCII without spaces");

export const runId = (): z.ZodString =>
  shortText().describe(
    "Id of the run. For a run that was started over this protocol it is the `idempotencyKey`.",
  );

export const agentId = shortText().describe(
  "Id of the agent. Default: the agent of the session key, or the default agent.",
);

export const idempotencyKey = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[!-~]+$/, "must be visible ASCII without spaces")
  .describe(
    "A unique key for each new request. It becomes the id of the run. Calls with the same key and the same params run once and return the same result, for 24 hours and across restarts.",
  );

export const thinkingLevel = z.enum(["off", "minimal", "low", "medium", "high", "xhigh", "max"]);

export const usage = z
  .object({
    input: z.int().describe("Input tokens, including cached tokens."),
    output: z.int().describe("Output tokens, including reasoning tokens."),
    cacheRead: z.int().describe("Tokens of `input` that were read from a cache."),
    cacheWrite: z.int().describe("Tokens that were written to a cache."),
    totalTokens: z.int().describe("Sum of `input` and `output`."),
  })
  .meta({ id: "RunUsage", description: "Token usage of all model calls of a run." });

export const stateVersion = z
  .object({
    presence: z.int().describe("Incremented with each `presence` event."),
    health: z.int().describe("Incremented with each `health` event."),
  })
  .meta({ id: "StateVersion", description: "Version of the gateway state." });

export const ok = z.literal(true).describe("Always true.");
