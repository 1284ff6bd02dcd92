/** Input items that change the settings of the conversation from there on: further tools, reasoning and the format. */
import { z } from "zod";
import { limits, shortText } from "../../limits.ts";
import { ReasoningEffort } from "../shared-schemas.ts";
import { ResponseTextFormat } from "./text-format.ts";
import { ResponseTool } from "./tools.ts";

const id = shortText().nullish().describe("Its id, if it has one.");
const tools = z.array(ResponseTool).max(limits.tools);

export const AdditionalTools = z
  .object({
    type: z.literal("additional_tools").describe("Always `additional_tools`."),
    id,
    role: shortText().nullish().describe("`developer`. Accepted and ignored."),
    tools: tools.describe("Tools that are offered from now on. A later tool replaces one of the same name."),
  })
  .meta({ id: "ResponseAdditionalToolsItem", description: "More tools, in the middle of a conversation." });

export const ToolSearchOutput = z
  .object({
    type: z.literal("tool_search_output").describe("Always `tool_search_output`."),
    id,
    call_id: shortText()
      .nullish()
      .describe("Id of the `tool_search_call` that this answers. Without such a call it only brings tools."),
    execution: shortText().nullish().describe("Who searched. Accepted and ignored."),
    status: shortText().nullish().describe("Accepted and ignored."),
    tools: tools.describe("Tools that were found, and are offered from now on."),
  })
  .meta({ id: "ResponseToolSearchOutputItem", description: "The tools that a search has found." });

const ReasoningUpdate = z
  .object({ effort: ReasoningEffort.nullish().describe("How much the model reasons from now on.") })
  .meta({ id: "ResponseReasoningUpdate", description: "How the model reasons." });

const TextUpdate = z
  .object({ format: ResponseTextFormat.nullish().describe("The format of the text from now on.") })
  .meta({ id: "ResponseTextUpdate", description: "The form of the text." });

export const ConfigurationUpdate = z
  .object({
    type: z.literal("configuration_update").describe("Always `configuration_update`."),
    id,
    reasoning: ReasoningUpdate.nullish().describe("How the model reasons."),
    text: TextUpdate.nullish().describe("The form of the text."),
  })
  .meta({
    id: "ResponseConfigurationUpdateItem",
    description: "Settings from now on. The last one wins, also over those of the request.",
  });

export type SettingItem =
  z.infer<typeof AdditionalTools> | z.infer<typeof ToolSearchOutput> | z.infer<typeof ConfigurationUpdate>;
