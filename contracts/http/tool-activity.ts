/** What the agent's own tools do during a run, for callers that ask to see it. */
import { z } from "zod";
import { limits, longText, shortText } from "../limits.ts";

const id = shortText().describe("Id of the call.");

export const ToolActivity = z
  .discriminatedUnion("type", [
    z.object({
      type: z.literal("tool_call").describe("A tool is about to run."),
      id,
      name: shortText().describe("The tool's name."),
      arguments: longText().describe("JSON text of the arguments, as the model wrote it."),
    }),
    z.object({
      type: z.literal("tool_output").describe("A running tool has written something."),
      id,
      text: longText().describe("What is new since the last one."),
    }),
    z.object({
      type: z.literal("tool_result").describe("A tool has ended."),
      id,
      text: longText().describe("What the model is told. Pictures are left out."),
      is_error: z.boolean().describe("Whether the tool failed."),
    }),
  ])
  .meta({
    id: "ToolActivity",
    description:
      "Activity of the agent's own tools. Sent only to callers that ask for it with `x-openclaw-events: tools`.",
  });
export type ToolActivity = z.infer<typeof ToolActivity>;

/** What a whole reply says of it. */
export const ToolActivities = z
  .object({
    tools: z
      .array(ToolActivity)
      .max(limits.items)
      .describe("Calls and results in the order in which they happened; no `tool_output`."),
  })
  .meta({
    id: "ToolActivities",
    description: "What the agent's own tools did; with `x-openclaw-events: tools`.",
  });
