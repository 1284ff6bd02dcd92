/** The client's tools in Anthropic's form, and the tool choice. */
import { z } from "zod";
import { anyObject, listOf, longText, shortText } from "../../limits.ts";
import { cacheControl, messagesToolName } from "./content.ts";

const CustomTool = z
  .object({
    type: z.literal("custom").nullish().describe("`custom`, or left out."),
    name: messagesToolName(),
    description: longText().nullish().describe("What the tool does and when to use it, for the model."),
    input_schema: anyObject()
      .nullish()
      .describe("JSON Schema of the arguments. Default: an object without properties."),
    strict: z.boolean().nullish().describe("Ask the provider to enforce `input_schema`: a hint."),
    defer_loading: z
      .boolean()
      .nullish()
      .describe(
        "True: the model is offered the tool only after a `tool_reference` or a `tool_addition` of its name.",
      ),
    eager_input_streaming: z
      .boolean()
      .nullish()
      .describe("Accepted and ignored: arguments stream as they come."),
    input_examples: listOf(anyObject()).nullish().describe("Accepted and ignored."),
    allowed_callers: listOf(shortText()).nullish().describe("Accepted and ignored."),
    cache_control: cacheControl,
  })
  .meta({ id: "MessagesCustomTool", description: "A tool of the client." });

const TypedTool = z
  .looseObject({
    type: shortText().describe("For instance `web_search_20250305` or `bash_20250124`."),
    name: shortText().nullish().describe("Its name."),
  })
  .refine(({ type }) => type !== "custom", { abort: true })
  .meta({
    id: "MessagesTypedTool",
    description:
      "A tool that Anthropic defines. `bash`, `text_editor`, `memory` and `computer` run at the client: Anthropic's models get them as they are, all others as functions with the same arguments. Those that run at Anthropic, such as `web_search`, and unknown ones are accepted and not offered. `computer_toolset`, `browser` and `mcp_toolset` are 400 `unsupported_value`.",
  });

export const MessagesTool = z
  .union([CustomTool, TypedTool])
  .meta({ id: "MessagesTool", description: "A tool." });
export type MessagesTool = z.infer<typeof MessagesTool>;
type CustomTool = z.infer<typeof CustomTool>;

/** TypeScript cannot express that the type of the other tools is not `custom`. */
export const isCustomTool = (tool: MessagesTool): tool is CustomTool =>
  tool.type === undefined || tool.type === null || tool.type === "custom";

const disableParallel = z.boolean().nullish().describe("True: at most one call per reply. Enforced.");

const AutoChoice = z
  .object({ type: z.literal("auto").describe("Always `auto`."), disable_parallel_tool_use: disableParallel })
  .meta({ id: "MessagesAutoChoice", description: "The model decides." });

const AnyChoice = z
  .object({ type: z.literal("any").describe("Always `any`."), disable_parallel_tool_use: disableParallel })
  .meta({ id: "MessagesAnyChoice", description: "At least one call." });

const NamedChoice = z
  .object({
    type: z.literal("tool").describe("Always `tool`."),
    name: messagesToolName(),
    disable_parallel_tool_use: disableParallel,
  })
  .meta({
    id: "MessagesNamedChoice",
    description: "A call of this tool. One that is not in `tools` is 400.",
  });

const NoChoice = z
  .object({ type: z.literal("none").describe("Always `none`.") })
  .meta({ id: "MessagesNoChoice", description: "No calls." });

export const MessagesToolChoice = z
  .discriminatedUnion("type", [AutoChoice, AnyChoice, NamedChoice, NoChoice])
  .meta({ id: "MessagesToolChoice", description: "How the model chooses among the tools. Enforced." });
export type MessagesToolChoice = z.infer<typeof MessagesToolChoice>;
