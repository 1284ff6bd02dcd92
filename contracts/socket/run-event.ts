/** The event `agent`: everything that happens in a run, as it happens. */
import { z } from "zod";
import { longText, shortText } from "../limits.ts";
import { runId, sessionKey, time, usage } from "./fields.ts";
import { event } from "./method.ts";

const place = {
  runId: runId(),
  seq: z.int().min(1).describe("Counts the events of the run from 1."),
  ts: time().describe("Unix time in milliseconds."),
  sessionKey: sessionKey().optional().describe("The session, where the run has one."),
};

const said = z.object({
  text: longText().describe("All of the current message so far."),
  delta: longText().describe("What is new in it."),
});

const Lifecycle = z
  .object({
    ...place,
    stream: z.literal("lifecycle").describe("Always `lifecycle`."),
    data: z
      .object({
        phase: z
          .enum(["start", "fallback", "end", "error"])
          .describe(
            "`start`: its turn has come; a run whose turn never comes has its end alone. `fallback`: another model is asked. `end` and `error` are last.",
          ),
        startedAt: time().optional().describe("With `start`: Unix time in milliseconds."),
        endedAt: time().optional().describe("With `end` and `error`: Unix time in milliseconds."),
        stopReason: shortText()
          .optional()
          .describe("With `end`: `stop`, `length`, `tool_calls`, `content_filter` or `aborted`."),
        error: z.string().max(4096).optional().describe("What went wrong, for people."),
        errorKind: shortText().optional().describe("The code of that, as HTTP has it."),
        from: shortText().optional().describe("With `fallback`: the model that failed."),
        to: shortText().optional().describe("With `fallback`: the model that is asked now."),
        usage: usage.optional(),
      })
      .describe("Where the run stands."),
  })
  .meta({ id: "AgentLifecycle", description: "A run begins, goes on with another model, ends." });

const Assistant = z
  .object({
    ...place,
    stream: z.literal("assistant").describe("Always `assistant`."),
    data: said.describe("What the agent says. After a tool a new message begins."),
  })
  .meta({ id: "AgentAssistant", description: "The agent says something." });

const Thinking = z
  .object({
    ...place,
    stream: z.literal("thinking").describe("Always `thinking`."),
    data: said.describe("What the model thinks, where it tells."),
  })
  .meta({ id: "AgentThinking", description: "The model thinks." });

const Tool = z
  .object({
    ...place,
    stream: z.literal("tool").describe("Always `tool`."),
    data: z
      .object({
        phase: z
          .enum(["start", "update", "result"])
          .describe("A call begins, has said something, has ended."),
        toolCallId: shortText().describe("Id of the call."),
        name: shortText().optional().describe("Name of the tool."),
        args: z.unknown().optional().describe("With `start`: its arguments; a text where they are no JSON."),
        partialResult: longText().optional().describe("With `update`: what is new of its output."),
        isError: z.boolean().optional().describe("With `result`: whether it failed."),
        result: longText().optional().describe("With `result`: what it said, up to 64 000 characters."),
      })
      .describe("What a tool of the agent's own does."),
  })
  .meta({ id: "AgentTool", description: "A tool works." });

const Compaction = z
  .object({
    ...place,
    stream: z.literal("compaction").describe("Always `compaction`."),
    data: z
      .object({
        phase: z.literal("end").describe("Always `end`."),
        summary: longText().describe("What stands for the oldest messages from now on."),
      })
      .describe("The conversation was too long."),
  })
  .meta({ id: "AgentCompaction", description: "The conversation was made shorter." });

export const agentEvent = event({
  tag: "Runs",
  event: "agent",
  summary: "Something happens in a run",
  description:
    "Of every run that you may see, whichever door it came through. `data` depends on `stream`. Text comes at most every 50 ms once a message is longer than 8 000 characters.",
  auth: "follow",
  droppable: "deltas",
  payload: z
    .discriminatedUnion("stream", [Lifecycle, Assistant, Thinking, Tool, Compaction])
    .meta({ id: "AgentEvent", description: "Something happens in a run." }),
});
