/** The activity of the agent's own tools, for callers that send `x-openclaw-events: tools`. */
import { z } from "zod";
import { limits, longText, shortText } from "../limits.ts";

const id = shortText().describe("Id of the call.");

export const ToolActivity = z
  .discriminatedUnion("type", [
    z
      .object({
        type: z.literal("tool_call").describe("Always `tool_call`."),
        id,
        name: shortText().describe("The tool's name."),
        arguments: longText().describe("JSON text of the arguments, as the model wrote it."),
      })
      .meta({ id: "ToolActivityCall", description: "A tool starts." }),
    z
      .object({
        type: z.literal("tool_output").describe("Always `tool_output`."),
        id,
        text: longText().describe("The output since the previous event."),
      })
      .meta({ id: "ToolActivityOutput", description: "A running tool has produced output." }),
    z
      .object({
        type: z.literal("tool_result").describe("Always `tool_result`."),
        id,
        text: longText().describe("The text that the model receives. Images are left out."),
        is_error: z.boolean().describe("Whether the tool failed."),
      })
      .meta({ id: "ToolActivityResult", description: "A tool has ended." }),
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
