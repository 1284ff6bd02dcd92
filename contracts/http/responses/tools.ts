/** The client's tools, the tool choice, and how a response echoes both. */
import { z } from "zod";
import { anyObject, limits, longText, shortText, toolName, toolNameRule } from "../../limits.ts";
import { AllowedToolsMode, ToolChoiceMode } from "../shared-schemas.ts";
import { addType, optionalType } from "../older-forms.ts";

const name = toolName().describe(`${toolNameRule}.`);
const description = longText().nullish().describe("What the tool does and when to use it, for the model.");
const parameters = anyObject()
  .nullish()
  .describe("JSON Schema of the arguments. Without it the tool takes an empty object.");
const strict = z.boolean().nullish().describe("Ask the provider to enforce `parameters`: a hint.");

const defer_loading = z
  .boolean()
  .nullish()
  .describe(
    "True hides the tool until a `tool_search_output` has it, if `tools` has a `tool_search` that you execute.",
  );

const FunctionTool = z
  .object({
    type: z.literal("function").describe("Always `function`."),
    name,
    description,
    parameters,
    strict,
    defer_loading,
  })
  .meta({ id: "ResponseFunctionTool", description: "A function of the client, with JSON arguments." });

const NestedFunctionTool = z
  .object({
    type: z.literal("function").describe("Always `function`."),
    function: z
      .object({ name, description, parameters, strict, defer_loading })
      .meta({ id: "ResponseFunctionDefinition", description: "The function." }),
  })
  .meta({ id: "ResponseNestedFunctionTool", description: "A function in the form of chat completions." });

const CustomTool = z
  .object({
    type: z.literal("custom").describe("Always `custom`."),
    name,
    description,
    format: anyObject()
      .nullish()
      .describe(
        "OpenAI's `text` or `grammar` format of the input. OpenAI's models are held to a grammar (`syntax`, `definition`); others find it in the description.",
      ),
    defer_loading,
  })
  .meta({
    id: "ResponseCustomTool",
    description:
      "A tool of the client that takes one text. Models other than OpenAI's see a function with the single string `input`. Its calls are `custom_tool_call` items.",
  });

const NamespacedTool = z
  .discriminatedUnion("type", [FunctionTool, CustomTool])
  .meta({ id: "ResponseNamespacedTool", description: "A tool of a namespace." });

const NamespaceTool = z
  .object({
    type: z.literal("namespace").describe("Always `namespace`."),
    name: toolName().describe(`${toolNameRule}.`),
    description: longText().nullish().describe("What its tools have in common. Echoed, has no effect."),
    tools: z.array(NamespacedTool).max(limits.tools).describe("Its functions and custom tools."),
  })
  .meta({
    id: "ResponseNamespaceTool",
    description:
      "Tools in a namespace. The model sees each as `<namespace>__<tool>`, shortened if that is too long; calls have `name` and `namespace` as sent. `tool_choice` cannot name them.",
  });

export const toolSearchName = "tool_search";

const ToolSearch = z
  .object({
    type: z.literal(toolSearchName).describe("Always `tool_search`."),
    execution: z
      .enum(["server", "client"])
      .meta({ id: "ResponseToolSearchExecution", description: "Who searches." })
      .nullish()
      .describe(
        "`client`: you search. The model gets a function `tool_search`; its call is a `tool_search_call` item, and a `tool_search_output` with the tools that you found answers it. `server`, the default, is ignored: all tools are offered at once.",
      ),
    description,
    parameters: anyObject()
      .nullish()
      .describe("JSON Schema of the search's arguments. Default: one text, `query`."),
  })
  .meta({ id: "ResponseToolSearchTool", description: "A search among tools that are not offered yet." });

const UntypedFunctionTool = FunctionTool.extend({ type: optionalType("function") })
  .transform(addType("function"))
  .meta({ id: "ResponseUntypedFunctionTool", description: "A function of the client, without `type`." });

const UntypedNestedFunctionTool = NestedFunctionTool.extend({ type: optionalType("function") })
  .transform(addType("function"))
  .meta({
    id: "ResponseUntypedNestedFunctionTool",
    description: "A function in the form of chat completions, without `type`.",
  });

const OtherTool = z
  .looseObject({
    type: shortText().describe("A type that this gateway does not know, for instance `web_search`."),
  })
  // Checks the whole tool and aborts; otherwise this branch would report the error of a known tool.
  .refine(({ type }) => !["function", "custom", "namespace", toolSearchName].includes(type), { abort: true })
  .meta({
    id: "ResponseOtherTool",
    description: "Any other tool. Accepted, ignored, never sent to a provider.",
  });

/** Known types first: if two branches fail at the same depth, the first one is reported. */
export const ResponseTool = z
  .union([
    z.discriminatedUnion("type", [FunctionTool, CustomTool, NamespaceTool, ToolSearch]),
    NestedFunctionTool,
    UntypedFunctionTool,
    UntypedNestedFunctionTool,
    OtherTool,
  ])
  .meta({ id: "ResponseTool", description: "A tool of the client." });
export type ResponseTool = z.infer<typeof ResponseTool>;

const FunctionChoice = z
  .object({
    type: z.literal("function").describe("Always `function`."),
    name: toolName().describe("The function to call."),
  })
  .meta({ id: "ResponseFunctionChoice", description: "A function by its name." });

const NestedFunctionChoice = z
  .object({
    type: z.literal("function").describe("Always `function`."),
    function: z
      .object({ name: toolName().describe("Its name.") })
      .meta({ id: "ResponseFunctionReference", description: "The function to call." }),
  })
  .meta({
    id: "ResponseNestedFunctionChoice",
    description: "A function by its name, in the form of chat completions.",
  });

const CustomChoice = z
  .object({
    type: z.literal("custom").describe("Always `custom`."),
    name: toolName().describe("The custom tool to call."),
  })
  .meta({ id: "ResponseCustomChoice", description: "A custom tool by its name." });

const OtherChoice = z
  .looseObject({ type: shortText().describe("A type that this gateway does not know.") })
  .refine(({ type }) => !["function", "custom", "allowed_tools"].includes(type), { abort: true })
  .meta({
    id: "ResponseOtherChoice",
    description: "A hosted tool of OpenAI. Rejected with 400 `unsupported_value`.",
  });

const AllowedTool = z
  .union([FunctionChoice, NestedFunctionChoice, CustomChoice, OtherChoice])
  .meta({ id: "ResponseAllowedTool", description: "A tool by its name." });

const AllowedTools = z
  .object({
    type: z.literal("allowed_tools").describe("Always `allowed_tools`."),
    mode: ToolChoiceMode.nullish().describe(
      "`auto`: the model decides. `required`: at least one call. `none`: no calls. Default: `auto`.",
    ),
    tools: z
      .array(AllowedTool)
      .min(1)
      .max(limits.tools)
      .describe(
        "Names of tools in `tools`. The model sees no other tools of yours. Unknown types are ignored.",
      ),
  })
  .meta({ id: "ResponseAllowedTools", description: "Some of the tools." });

export const ResponseToolChoice = z
  .union([
    ToolChoiceMode,
    z.discriminatedUnion("type", [FunctionChoice, CustomChoice, AllowedTools]),
    NestedFunctionChoice,
    OtherChoice,
  ])
  .meta({ id: "ResponseToolChoice", description: "How the model chooses among the tools." });
export type ResponseToolChoice = z.infer<typeof ResponseToolChoice>;

const EchoedFunction = z
  .object({
    type: z.literal("function").describe("Always `function`."),
    name: shortText().describe("Its name."),
    description: longText().nullable().describe("What it does."),
    parameters: anyObject().nullable().describe("JSON Schema of the arguments."),
    strict: z.boolean().nullable().describe("As sent."),
  })
  .meta({ id: "ResponseEchoedFunctionTool", description: "A function of the client." });

const EchoedCustom = z
  .object({
    type: z.literal("custom").describe("Always `custom`."),
    name: shortText().describe("Its name."),
    description: longText().optional().describe("What it does."),
  })
  .meta({ id: "ResponseEchoedCustomTool", description: "A custom tool of the client." });

const EchoedNamespacedTool = z
  .discriminatedUnion("type", [EchoedFunction, EchoedCustom])
  .meta({ id: "ResponseEchoedNamespacedTool", description: "A tool of a namespace." });

const EchoedNamespace = z
  .object({
    type: z.literal("namespace").describe("Always `namespace`."),
    name: shortText().describe("Its name."),
    description: longText().describe("As sent, or empty."),
    tools: z.array(EchoedNamespacedTool).max(limits.tools).describe("Its tools."),
  })
  .meta({ id: "ResponseEchoedNamespaceTool", description: "Tools of the client in a namespace." });

/** The tools as a response echoes them: with all keys, null if left out. */
export const EchoedTool = z
  .discriminatedUnion("type", [EchoedFunction, EchoedCustom, EchoedNamespace])
  .meta({ id: "ResponseEchoedTool", description: "A tool of the client." });
export type EchoedTool = z.infer<typeof EchoedTool>;

const EchoedToolReference = z
  .object({
    type: z.enum(["function", "custom"]).meta({ id: "ResponseToolKind", description: "Kind of the tool." }),
    name: shortText().describe("Its name."),
  })
  .meta({ id: "ResponseEchoedToolReference", description: "A tool by its name." });

const EchoedAllowedTools = z
  .object({
    type: z.literal("allowed_tools").describe("Always `allowed_tools`."),
    mode: AllowedToolsMode.describe("How the model chooses among them."),
    tools: z.array(EchoedToolReference).max(limits.tools).describe("The tools that may be called."),
  })
  .meta({ id: "ResponseEchoedAllowedTools", description: "Some of the tools." });

export const EchoedToolChoice = z
  .union([ToolChoiceMode, EchoedToolReference, EchoedAllowedTools])
  .meta({ id: "ResponseEchoedToolChoice", description: "How the model chooses among the tools." });
export type EchoedToolChoice = z.infer<typeof EchoedToolChoice>;
