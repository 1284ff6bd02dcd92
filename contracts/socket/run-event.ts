/** The event `agent`: the progress of a run. */
import { z } from "zod";
import { longText, shortText } from "../limits.ts";
import { runId, sessionKey, time, usage } from "./fields.ts";
import { event } from "./method.ts";

const envelope = {
  runId: runId(),
  seq: z.int().min(1).describe("Number of the event in the run, from 1."),
  ts: time().describe("Unix time in milliseconds."),
  sessionKey: sessionKey().optional().describe("Full key of the session. Absent for a run without one."),
};

const textUpdate = z.object({
  text: longText()
    .optional()
    .describe(
      "The full current message so far. Absent for a connection with `text-deltas` that has received the text before `delta`.",
    ),
  delta: longText().describe("Text added since the previous event."),
});

const Lifecycle = z
  .object({
    ...envelope,
    stream: z.literal("lifecycle").describe("Always `lifecycle`."),
    data: z
      .object({
        phase: z
          .enum(["start", "fallback", "end", "error"])
          .describe(
            "`start`: the run leaves the queue; a run that ends in the queue has no `start`. `fallback`: another model is tried. `end` and `error` are the last event.",
          ),
        startedAt: time().optional().describe("With `start`: Unix time in milliseconds."),
        endedAt: time().optional().describe("With `end` and `error`: Unix time in milliseconds."),
        stopReason: shortText()
          .optional()
          .describe("With `end`: `stop`, `length`, `tool_calls`, `content_filter` or `aborted`."),
        error: z
          .string()
          .max(4096)
          .optional()
          .describe("With `fallback` and `error`: error message for people."),
        errorKind: shortText()
          .optional()
          .describe("With `fallback` and `error`: error code, the same as over HTTP."),
        from: shortText().optional().describe("With `fallback`: the model that failed."),
        to: shortText().optional().describe("With `fallback`: the model that is tried next."),
        usage: usage.optional(),
        costMicroUsd: z
          .int()
          .optional()
          .describe(
            "With `end` and `error`: cost of the steps, in millionths of a US dollar. Absent when no price is known.",
          ),
      })
      .describe("State of the run."),
  })
  .meta({ id: "AgentLifecycle", description: "A run starts, falls back to another model, or ends." });

const Assistant = z
  .object({
    ...envelope,
    stream: z.literal("assistant").describe("Always `assistant`."),
    data: textUpdate.describe("Text of the agent. A new message starts after a tool call."),
  })
  .meta({ id: "AgentAssistant", description: "Text of the agent." });

const Thinking = z
  .object({
    ...envelope,
    stream: z.literal("thinking").describe("Always `thinking`."),
    data: textUpdate.describe("Reasoning text of the model, when the provider returns it."),
  })
  .meta({ id: "AgentThinking", description: "Reasoning of the model." });

const Tool = z
  .object({
    ...envelope,
    stream: z.literal("tool").describe("Always `tool`."),
    data: z
      .object({
        phase: z
          .enum(["start", "update", "result"])
          .describe("`start`: the call starts. `update`: partial output. `result`: the call has ended."),
        toolCallId: shortText().describe("Id of the tool call."),
        name: shortText().optional().describe("Name of the tool."),
        args: z
          .unknown()
          .optional()
          .describe("With `start`: the arguments, or their text when it is not valid JSON."),
        partialResult: longText()
          .optional()
          .describe("With `update`: output added since the previous event."),
        isError: z.boolean().optional().describe("With `result`: whether the call failed."),
        result: longText().optional().describe("With `result`: the output, at most 64 000 characters."),
      })
      .describe("A call of one of the agent's tools."),
  })
  .meta({ id: "AgentTool", description: "Progress of a tool call." });

const Compaction = z
  .object({
    ...envelope,
    stream: z.literal("compaction").describe("Always `compaction`."),
    data: z
      .object({
        phase: z.literal("end").describe("Always `end`."),
        summary: longText().describe("Summary that replaces the oldest messages."),
      })
      .describe("The compaction."),
  })
  .meta({ id: "AgentCompaction", description: "The conversation was compacted because it was too long." });

export const agentEvent = event({
  tag: "Runs",
  event: "agent",
  summary: "Progress of a run",
  description:
    "Sent for every run that you may see, from every endpoint. `data` depends on `stream`. After 8 000 characters of a message, its text is sent at most every 50 ms.",
  auth: "follow",
  droppable: "deltas",
  payload: z
    .discriminatedUnion("stream", [Lifecycle, Assistant, Thinking, Tool, Compaction])
    .meta({ id: "AgentEvent", description: "Progress of a run." }),
});
