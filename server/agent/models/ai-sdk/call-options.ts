/** Converts a model call to the call options of the AI SDK. */
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import type { JSONSchema7 } from "json-schema";
import type { JsonSchema, ModelCall, ResponseFormat, ToolChoice, ToolDefinition } from "../../types.ts";
import { customToolId, type Api, type Target } from "./api.ts";
import { inlineReferences, toObjectSchema } from "../tool-schema.ts";
import { toCacheOptions } from "./assistant-parts.ts";
import { toPrompt } from "./prompt.ts";

type SdkTool = NonNullable<LanguageModelV4CallOptions["tools"]>[number];
type FunctionTool = Extract<SdkTool, { type: "function" }>;

/** Throws for a call that the API does not support. The package drops sampling options that the API lacks. */
export function toCallOptions(api: Api, target: Target, modelCall: ModelCall): LanguageModelV4CallOptions {
  const { call, options } = api.adaptCall(modelCall, target);
  const { sampling } = call;
  const tools = call.tools.map((tool) => api.toNativeTool?.(tool, target) ?? toFunctionTool(tool, api));
  return omitUndefined<LanguageModelV4CallOptions>({
    prompt: toPrompt(call, { ...target, textTools: listTextTools(tools) }),
    maxOutputTokens: call.maxOutputTokens,
    temperature: sampling.temperature,
    topP: sampling.topP,
    frequencyPenalty: sampling.frequencyPenalty,
    presencePenalty: sampling.presencePenalty,
    seed: sampling.seed,
    stopSequences: call.stop.length === 0 ? undefined : [...call.stop],
    tools: tools.length === 0 ? undefined : tools,
    toolChoice: call.tools.length === 0 ? undefined : toToolChoice(call.toolChoice),
    responseFormat: call.responseFormat && toResponseFormat(call.responseFormat),
    reasoning: call.thinking === "off" ? "none" : call.thinking,
    providerOptions: { [api.namespace]: options },
    // Raw chunks show which text is a refusal.
    includeRawChunks: true,
  });
}

/** Names of the tools whose input is a text. */
const listTextTools = (tools: readonly SdkTool[]): ReadonlySet<string> =>
  new Set(tools.flatMap((tool) => (tool.type === "provider" && tool.id === customToolId ? [tool.name] : [])));

const toFunctionTool = (
  { name, description, parameters, strict, cacheControl }: ToolDefinition,
  { supportsReferences }: Api,
): FunctionTool =>
  omitUndefined<FunctionTool>({
    type: "function",
    name,
    description,
    inputSchema: toJsonSchema7(
      supportsReferences ? toObjectSchema(parameters) : inlineReferences(toObjectSchema(parameters)),
    ),
    strict,
    providerOptions: toCacheOptions(cacheControl),
  });

const toToolChoice = (choice: ToolChoice): NonNullable<LanguageModelV4CallOptions["toolChoice"]> =>
  typeof choice === "string" ? { type: choice } : { type: "tool", toolName: choice.name };

function toResponseFormat(format: ResponseFormat): NonNullable<LanguageModelV4CallOptions["responseFormat"]> {
  if (format.type === "json_object") return { type: "json" };
  const { name, description, schema } = format;
  return {
    type: "json",
    name,
    schema: toJsonSchema7(schema),
    ...(description === undefined ? {} : { description }),
  };
}

/** Not validated here: the provider rejects the keywords that it does not support. */
const toJsonSchema7 = (schema: JsonSchema): JSONSchema7 => schema;

/** Leaves out the fields that are undefined. */
function omitUndefined<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
