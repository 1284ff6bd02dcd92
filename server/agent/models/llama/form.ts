/** Answers that must have a form: a call that is demanded, a JSON format, or whichever of both the model chooses. */
import type { JsonSchema, ModelCall, ToolDefinition } from "../../types.ts";
import { asObject } from "../wire.ts";
import { grammarSchema, withoutNulls } from "./grammar-schema.ts";
import type { GrammarSchema } from "./library.ts";

export interface Form {
  readonly schema: GrammarSchema;
  /** What the model has to be told about it. */
  readonly hint: string;
  /** What it wrote; text that is no JSON was cut, and is the answer as it is. */
  read(text: string): Formed;
}

export type Formed = { readonly text: string } | { readonly name: string; readonly arguments: string };

/** Nothing where the model may answer as it likes. */
export function formOf(call: ModelCall): Form | undefined {
  const { toolChoice, responseFormat } = call;
  const demanded = toolChoice === "required" || typeof toolChoice === "object";
  if (!demanded && responseFormat === undefined) return undefined;
  const tools = call.tools.filter(({ name }) =>
    typeof toolChoice === "object" ? name === toolChoice.name : toolChoice !== "none",
  );
  const format = demanded ? undefined : formatSchema(call);
  if (tools.length === 0) return answer(format ?? { type: "object" });
  return choice(tools, format);
}

export const parametersOf = ({ parameters }: ToolDefinition): JsonSchema =>
  parameters ?? { type: "object", properties: {}, additionalProperties: false };

const formatSchema = ({ responseFormat }: ModelCall): JsonSchema =>
  responseFormat?.type === "json_schema" ? responseFormat.schema : { type: "object" };

function answer(format: JsonSchema): Form {
  return {
    schema: grammarSchema(format),
    hint: `Answer with JSON alone. It must fit this schema: ${JSON.stringify(format)}`,
    read: (text) => {
      const json = parsed(text);
      return { text: json === undefined ? text : JSON.stringify(withoutNulls(json, format)) };
    },
  };
}

function choice(tools: readonly ToolDefinition[], format: JsonSchema | undefined): Form {
  const calls = tools.map((tool) => ({
    type: "object",
    required: ["tool", "arguments"],
    properties: { tool: { const: tool.name }, arguments: parametersOf(tool) },
  }));
  const replies =
    format === undefined ? [] : [{ type: "object", required: ["answer"], properties: { answer: format } }];
  const schemas = [...tools.map(parametersOf), format ?? {}];
  const definitions = schemas.flatMap(({ $defs }) => Object.entries(asObject<object>($defs) ?? {}));
  const list = tools.map(
    (tool) => `- ${tool.name}: ${tool.description ?? ""} Arguments: ${JSON.stringify(parametersOf(tool))}`,
  );
  return {
    schema: grammarSchema({ oneOf: [...calls, ...replies], $defs: Object.fromEntries(definitions) }),
    hint: [
      'Call a tool with JSON alone: {"tool": "<name>", "arguments": {…}}. The tools are:',
      ...list,
      ...(format === undefined
        ? []
        : [`Or answer: {"answer": …}, which must fit this schema: ${JSON.stringify(format)}`]),
    ].join("\n"),
    read(text) {
      const said = asObject<{
        readonly tool?: unknown;
        readonly arguments?: unknown;
        readonly answer?: unknown;
      }>(parsed(text));
      const tool = tools.find(({ name }) => name === said?.tool);
      if (tool !== undefined) {
        return {
          name: tool.name,
          arguments: JSON.stringify(withoutNulls(said?.arguments ?? {}, parametersOf(tool))),
        };
      }
      return { text: said?.answer === undefined ? text : JSON.stringify(withoutNulls(said.answer, format)) };
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
