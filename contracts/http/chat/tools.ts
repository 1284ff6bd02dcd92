/** The caller's tools, `tool_choice`, and tool calls. */
import { z } from "zod";
import { anyObject, limits, listOf, longText, shortText, toolName, toolNameRule } from "../../limits.ts";
import { AllowedToolsMode, ToolChoiceMode } from "../shared-schemas.ts";
import { addType, optionalType } from "../older-forms.ts";

const name = toolName().describe(`${toolNameRule}.`);
const description = longText().nullish().describe("What the tool does and when to use it, for the model.");
const parameters = anyObject()
  .nullish()
  .describe("JSON Schema of the arguments. Without it the tool takes an empty object.");
const strict = z.boolean().nullish().describe("Asks the provider to enforce `parameters`. A hint.");

const FunctionTool = z
  .object({
    type: z.literal("function").describe("Always `function`."),
    function: z
      .object({ name, description, parameters, strict })
      .meta({ id: "ChatFunctionDefinition", description: "A function: its name and its arguments." }),
  })
  .meta({ id: "ChatFunctionTool", description: "A function of the caller with JSON arguments." });

const UntypedFunctionTool = FunctionTool.extend({ type: optionalType("function") })
  .transform(addType("function"))
  .meta({ id: "ChatUntypedFunctionTool", description: "A function of the caller, without `type`." });

const CustomTool = z
  .object({
    type: z.literal("custom").describe("Always `custom`."),
    custom: z
      .object({
        name,
        description,
        format: anyObject()
          .nullish()
          .describe(
            "OpenAI's `text` or `grammar` format of the input. OpenAI's models behind the responses API are held to a grammar; others find it in the description.",
          ),
      })
      .meta({ id: "ChatCustomDefinition", description: "A custom tool: its name and what it does." }),
  })
  .meta({
    id: "ChatCustomTool",
    description:
      "A tool of the caller with one text input. Models other than OpenAI's receive it as a function with the single string parameter `input`. Calls are returned as `custom`.",
  });

const FlatFunctionTool = z
  .object({
    type: optionalType("function"),
    name,
    description,
    parameters,
    strict,
  })
  .transform(({ type: _type, ...definition }) => ({ type: "function" as const, function: definition }))
  .meta({ id: "ChatFlatFunctionTool", description: "A function in the form of the Responses API." });

const MessagesFormTool = z
  .object({
    type: optionalType("custom"),
    name,
    description,
    input_schema: anyObject().describe("JSON Schema of the arguments."),
    strict,
  })
  .transform(({ type: _type, input_schema, ...definition }) => ({
    type: "function" as const,
    function: { ...definition, parameters: input_schema },
  }))
  .meta({
    id: "ChatMessagesFormTool",
    description: "A function in the form of the Messages API. Cursor sends it for models named `claude`.",
  });

const OtherTool = z
  .object({
    type: shortText()
      .describe("A type that this gateway does not support, for example `web_search`.")
      .meta({ pattern: "^(?!function$|custom$)" }),
  })
  // Checks the whole tool and aborts; otherwise this branch would report the error of a known tool.
  .refine(({ type }) => type !== "function" && type !== "custom", { abort: true })
  .meta({
    id: "ChatOtherTool",
    description: "Any other tool. Accepted and ignored: never sent to a provider.",
  });

/** Known types come first: of two branches that fail at the same depth, the first is reported. */
export const ChatTool = z
  .union([
    z.discriminatedUnion("type", [FunctionTool, CustomTool]),
    UntypedFunctionTool,
    MessagesFormTool,
    FlatFunctionTool,
    OtherTool,
  ])
  .meta({ id: "ChatTool", description: "A tool of the caller." });
export type ChatTool = z.infer<typeof ChatTool>;

const ToolReference = z
  .object({ name: toolName().describe("Its name.") })
  .meta({ id: "ChatToolReference", description: "A tool by its name." });

const FunctionChoice = z
  .object({
    type: z.literal("function").describe("Always `function`."),
    function: ToolReference.describe("The function to call."),
  })
  .meta({ id: "ChatFunctionChoice", description: "A function by its name." });

const FlatFunctionChoice = z
  .object({
    type: z
      .enum(["function", "tool"])
      .meta({ id: "ChatFlatChoiceType", description: "`tool`: in the form of the Messages API." }),
    name: toolName().describe("The function to call."),
  })
  .transform(({ name: functionName }) => ({
    type: "function" as const,
    function: { name: functionName },
  }))
  .meta({
    id: "ChatFlatFunctionChoice",
    description: "A function by its name, in the form of the Responses or the Messages API.",
  });

const ModeChoice = z
  .object({
    type: z
      .enum(["auto", "any", "none"])
      .meta({ id: "ChatModeChoiceType", description: "`any` is `required`." }),
  })
  .transform(({ type }) => (type === "any" ? ("required" as const) : type))
  .meta({ id: "ChatModeChoice", description: "A mode in the form of the Messages API." });

const CustomChoice = z
  .object({
    type: z.literal("custom").describe("Always `custom`."),
    custom: ToolReference.describe("The custom tool to call."),
  })
  .meta({ id: "ChatCustomChoice", description: "A custom tool by its name." });

const AllowedTool = z
  .discriminatedUnion("type", [FunctionChoice, CustomChoice])
  .meta({ id: "ChatAllowedTool", description: "A tool by its name." });

const AllowedToolsChoice = z
  .object({
    type: z.literal("allowed_tools").describe("Always `allowed_tools`."),
    allowed_tools: z
      .object({
        mode: AllowedToolsMode,
        tools: z
          .array(AllowedTool)
          .min(1)
          .max(limits.tools)
          .describe("Names of tools in `tools`. The model receives no other tools of the caller."),
      })
      .meta({ id: "ChatAllowedTools", description: "The tools that may be called." }),
  })
  .meta({ id: "ChatAllowedToolsChoice", description: "Some of the tools." });

export const ChatToolChoice = z
  .union([
    ToolChoiceMode,
    z.discriminatedUnion("type", [FunctionChoice, CustomChoice, AllowedToolsChoice]),
    FlatFunctionChoice,
    ModeChoice,
  ])
  .meta({ id: "ChatToolChoice", description: "How the model chooses among the tools." });
export type ChatToolChoice = z.infer<typeof ChatToolChoice>;

export const FunctionCall = z
  .object({
    name: shortText().describe("The function's name."),
    arguments: longText().describe(
      "JSON text of the arguments, exactly as the model wrote it. Validate it before you run the tool.",
    ),
  })
  .meta({ id: "ChatFunctionCall", description: "A function and its arguments." });

export const extraContent = anyObject();
export const extraContentDescription =
  "What the provider attached to the call, such as a thought signature of Google's. Not part of OpenAI's API. Send it back with the call: it goes back to the provider.";

export const reasoningDetails = listOf(anyObject());
export const reasoningDetailsDescription =
  "Signed or encrypted thinking. Not part of OpenAI's API. Servers like OpenRouter have it, and it is passed on as they send it; what other providers attach to thinking and calls is an entry that this gateway encrypts for your credential (`format` `openclaw-turn-1`). Send all of it back with the calls of the message: it goes back to the provider.";

export const FunctionToolCall = z
  .object({
    id: shortText().describe("Id of the call. The `tool` message that answers it repeats the id."),
    type: z.literal("function").describe("Always `function`."),
    function: FunctionCall.describe("What to call."),
    extra_content: extraContent.nullish().describe(extraContentDescription),
  })
  .meta({ id: "ChatFunctionToolCall", description: "A call of a function." });

export const CustomToolCall = z
  .object({
    id: shortText().describe("Id of the call. The `tool` message that answers it repeats the id."),
    type: z.literal("custom").describe("Always `custom`."),
    custom: z
      .object({
        name: shortText().describe("The tool's name."),
        input: longText().describe("The input of the tool."),
      })
      .meta({ id: "ChatCustomCall", description: "A custom tool and its input." }),
    extra_content: extraContent.nullish().describe(extraContentDescription),
  })
  .meta({ id: "ChatCustomToolCall", description: "A call of a custom tool." });

export const ToolCall = z
  .discriminatedUnion("type", [FunctionToolCall, CustomToolCall])
  .meta({ id: "ChatToolCall", description: "A call of a tool of the caller." });
