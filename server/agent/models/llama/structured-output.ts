/** Replies constrained by a grammar: a required tool call, a response format, or a choice of both. */
import type { JsonSchema, ModelCall, ToolDefinition } from "../../types.ts";
import { asObject, tryParseJson } from "../untrusted-json.ts";
import { toGrammarSchema, removeNulls } from "./grammar-schema.ts";
import type { GrammarSchema } from "./library.ts";

export interface StructuredOutput {
  readonly schema: GrammarSchema;
  /** Instructions for the model that describe the schema. */
  readonly hint: string;
  /** Converts the generated text. Text that is not JSON was truncated; it is returned unchanged. */
  read(text: string): StructuredResult;
}

export type StructuredResult =
  { readonly text: string } | { readonly name: string; readonly arguments: string };

/** Returns undefined for a call without constraints. */
export function createStructuredOutput(call: ModelCall): StructuredOutput | undefined {
  const { toolChoice, responseFormat } = call;
  const isCallRequired = toolChoice === "required" || typeof toolChoice === "object";
  if (!isCallRequired && responseFormat === undefined) return undefined;
  const tools = call.tools.filter(({ name }) =>
    typeof toolChoice === "object" ? name === toolChoice.name : toolChoice !== "none",
  );
  const format = isCallRequired ? undefined : getFormatSchema(call);
  if (tools.length === 0) return createJsonOutput(format ?? { type: "object" });
  return createToolCallOutput(tools, format);
}

export const getParameters = ({ parameters }: ToolDefinition): JsonSchema =>
  parameters ?? { type: "object", properties: {}, additionalProperties: false };

const getFormatSchema = ({ responseFormat }: ModelCall): JsonSchema =>
  responseFormat?.type === "json_schema" ? responseFormat.schema : { type: "object" };

function createJsonOutput(format: JsonSchema): StructuredOutput {
  return {
    schema: toGrammarSchema(format),
    hint: `Answer with JSON alone. It must fit this schema: ${JSON.stringify(format)}`,
    read: (text) => {
      const value = tryParseJson(text);
      return { text: value === undefined ? text : JSON.stringify(removeNulls(value, format)) };
    },
  };
}

function createToolCallOutput(
  tools: readonly ToolDefinition[],
  format: JsonSchema | undefined,
): StructuredOutput {
  const calls = tools.map((tool) => ({
    type: "object",
    required: ["tool", "arguments"],
    properties: { tool: { const: tool.name }, arguments: getParameters(tool) },
  }));
  const answerSchemas =
    format === undefined ? [] : [{ type: "object", required: ["answer"], properties: { answer: format } }];
  const schemas = [...tools.map(getParameters), format ?? {}];
  const definitions = schemas.flatMap(({ $defs }) => Object.entries(asObject<object>($defs) ?? {}));
  const list = tools.map(
    (tool) => `- ${tool.name}: ${tool.description ?? ""} Arguments: ${JSON.stringify(getParameters(tool))}`,
  );
  return {
    schema: toGrammarSchema({ oneOf: [...calls, ...answerSchemas], $defs: Object.fromEntries(definitions) }),
    hint: [
      'Call a tool with JSON alone: {"tool": "<name>", "arguments": {…}}. The tools are:',
      ...list,
      ...(format === undefined
        ? []
        : [`Or answer: {"answer": …}, which must fit this schema: ${JSON.stringify(format)}`]),
    ].join("\n"),
    read(text) {
      const reply = asObject<{
        readonly tool?: unknown;
        readonly arguments?: unknown;
        readonly answer?: unknown;
      }>(tryParseJson(text));
      const tool = tools.find(({ name }) => name === reply?.tool);
      if (tool !== undefined) {
        return {
          name: tool.name,
          arguments: JSON.stringify(removeNulls(reply?.arguments ?? {}, getParameters(tool))),
        };
      }
      return { text: reply?.answer === undefined ? text : JSON.stringify(removeNulls(reply.answer, format)) };
    },
  };
}
