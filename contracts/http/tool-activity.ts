/** The activity of the agent's own tools, for callers that send `x-openclaw-events: tools`. */
import { z } from "zod";
import { limits, longText, shortText } from "../limits.ts";

const id = shortText().describe("Id of the call.");

export const ToolActivity = z
  .discriminatedUnion("type", [
    z.object({
      type: z.literal("tool_call").describe("A tool starts."),
      id,
      name: shortText().describe("The tool's name."),
      arguments: longText().describe("JSON text of the arguments, as the model wrote it."),
    }),
    z.object({
      type: z.literal("tool_output").describe("A running tool has produced output."),
      id,
      text: longText().describe("The output since the previous event."),
    }),
    z.object({
      type: z.literal("tool_result").describe("A tool has ended."),
      id,
      text: longText().describe("The text that the model receives. Images are left out."),
      is_error: z.boolean().describe("Whether the tool failed."),
    }),
  ])
  .meta({
    id: "ToolActivity",
    description: "Activity of the agent's own tools. Sent only with `x-openclaw-events: tools`.",
  });
export type ToolActivity = z.infer<typeof ToolActivity>;

/** The tool activity in a reply that is not streamed. */
export const ToolActivities = z
  .object({
    tools: z
      .array(ToolActivity)
      .max(limits.items)
      .describe("Calls and results in order, without `tool_output`."),
  })
  .meta({
    id: "ToolActivities",
    description: "Activity of the agent's own tools; only with `x-openclaw-events: tools`.",
  });
