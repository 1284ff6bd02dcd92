/** A model call in the words of the AI SDK. */
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import type { JSONSchema7 } from "json-schema";
import type { JsonSchema, ModelCall, ResponseFormat, ToolChoice, ToolDefinition } from "../../types.ts";
import type { Api, Target } from "./api.ts";
import { promptOf } from "./prompt.ts";

type FunctionTool = Extract<NonNullable<LanguageModelV4CallOptions["tools"]>[number], { type: "function" }>;

/** Throws for what the API cannot do; hints that it lacks are dropped by its package. */
export function callOptions(api: Api, target: Target, given: ModelCall): LanguageModelV4CallOptions {
  const { call, options } = api.prepare(given, target);
  const { sampling } = call;
  return defined<LanguageModelV4CallOptions>({
    prompt: promptOf(call, target.key),
    maxOutputTokens: call.maxOutputTokens,
    temperature: sampling.temperature,
    topP: sampling.topP,
    frequencyPenalty: sampling.frequencyPenalty,
    presencePenalty: sampling.presencePenalty,
    seed: sampling.seed,
    stopSequences: call.stop.length === 0 ? undefined : [...call.stop],
    tools: call.tools.length === 0 ? undefined : call.tools.map(functionTool),
    toolChoice: call.tools.length === 0 ? undefined : toolChoice(call.toolChoice),
    responseFormat: call.responseFormat && responseFormat(call.responseFormat),
    reasoning: call.thinking === "off" ? "none" : call.thinking,
    providerOptions: { [api.namespace]: options },
    // They say which text is a refusal.
    includeRawChunks: true,
  });
}

const functionTool = ({ name, description, parameters, strict }: ToolDefinition): FunctionTool =>
  defined<FunctionTool>({
    type: "function",
    name,
    description,
    inputSchema: schema7(parameters ?? { type: "object", properties: {} }),
    strict,
  });

const toolChoice = (choice: ToolChoice): NonNullable<LanguageModelV4CallOptions["toolChoice"]> =>
  typeof choice === "string" ? { type: choice } : { type: "tool", toolName: choice.name };

function responseFormat(format: ResponseFormat): NonNullable<LanguageModelV4CallOptions["responseFormat"]> {
  if (format.type === "json_object") return { type: "json" };
  const { name, description, schema } = format;
  return {
    type: "json",
    name,
    schema: schema7(schema),
    ...(description === undefined ? {} : { description }),
  };
}

/** The provider says what it does not take of it. */
const schema7 = (schema: JsonSchema): JSONSchema7 => schema;

/** Without the fields that are undefined. */
function defined<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
