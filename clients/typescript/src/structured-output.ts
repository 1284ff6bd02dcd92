/** Output of a model that matches a schema: formats of requests, made from Zod or any other Standard Schema. */
import { GatewayRequestError, type ClientErrorCode } from "./errors.ts";
import type { ChatCompletionRequest, ResponseRequest } from "./schemas.ts";

/** The used part of https://standardschema.dev, which Zod, Valibot, ArkType and others implement. */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly output: Output } | undefined;
    /** https://standardschema.dev/json-schema. Zod has it from version 4.2. */
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown>;
    };
  };
}

type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A format that can parse the text that was written in it. */
export interface OutputFormat<Output> {
  /** Rejects with `output_invalid` when the text does not match the schema. The error names the request. */
  parseOutput(text: string, requestId?: string | null): Promise<Output>;
}

export interface FormatOptions {
  /** What the JSON is for, for the model. */
  readonly description?: string | undefined;
  /** Requires the model to match the schema exactly. Default: true when every property is required, as OpenAI demands. */
  readonly strict?: boolean | undefined;
  /** The schema as JSON Schema, for schemas that cannot convert themselves. */
  readonly jsonSchema?: Readonly<Record<string, unknown>> | undefined;
}

type ChatFormat = Extract<NonNullable<ChatCompletionRequest["response_format"]>, { type: "json_schema" }>;
type TextFormat = Extract<
  NonNullable<NonNullable<ResponseRequest["text"]>["format"]>,
  { type: "json_schema" }
>;

/** Converts a schema to the `response_format` of a chat completion. `name` has 1–64 letters, digits, `_` and `-`. */
export function responseFormat<Output>(
  schema: StandardSchema<Output>,
  name: string,
  options?: FormatOptions,
): ChatFormat & OutputFormat<Output> {
  return {
    type: "json_schema",
    json_schema: describeSchema(schema, name, options),
    parseOutput: createParser(schema, name),
  };
}

/** Converts a schema to the `text.format` of a response. `name` has 1–64 letters, digits, `_` and `-`. */
export function textFormat<Output>(
  schema: StandardSchema<Output>,
  name: string,
  options?: FormatOptions,
): TextFormat & OutputFormat<Output> {
  return {
    type: "json_schema",
    ...describeSchema(schema, name, options),
    parseOutput: createParser(schema, name),
  };
}

function describeSchema(
  { "~standard": standard }: StandardSchema,
  name: string,
  { description, strict, jsonSchema }: FormatOptions = {},
): ChatFormat["json_schema"] {
  const source = jsonSchema ?? standard.jsonSchema?.input({ target: "draft-2020-12" });
  if (source === undefined)
    throw new TypeError(`The schema "${name}" has no JSON Schema: pass one as the option jsonSchema.`);
  const schema = closeObjects(source) as Record<string, unknown>;
  return {
    name,
    schema,
    strict: strict ?? requiresEveryProperty(schema),
    ...(description === undefined ? {} : { description }),
  };
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

/** Forbids properties that the schema does not name, as strict formats demand. */
function closeObjects(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closeObjects);
  if (typeof schema !== "object" || schema === null) return schema;
  const closed = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, closeObjects(part)]));
  const isOpen = schema !== null && isObjectSchema(schema) && !("additionalProperties" in schema);
  return isOpen ? { ...closed, additionalProperties: false } : closed;
}

function requiresEveryProperty(schema: unknown): boolean {
  if (typeof schema !== "object" || schema === null) return true;
  const { properties = {}, required = [] } = schema as ObjectSchema;
  const isComplete =
    !isObjectSchema(schema) || Object.keys(properties).every((name) => required.includes(name));
  return isComplete && Object.values(schema).every(requiresEveryProperty);
}

const isObjectSchema = (schema: object): boolean =>
  (schema as { type?: unknown }).type === "object" && "properties" in schema;

function createParser<Output>(
  { "~standard": standard }: StandardSchema<Output>,
  name: string,
): OutputFormat<Output>["parseOutput"] {
  return async (text, requestId) => {
    const createError = (problem: string, cause: unknown): GatewayRequestError =>
      new GatewayRequestError(`The output does not match the schema "${name}": ${problem}`, {
        code: "output_invalid" satisfies ClientErrorCode,
        requestId: requestId ?? undefined,
        cause,
      });
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw createError("it is not JSON.", cause);
    }
    const result = await standard.validate(value);
    if (result.issues === undefined) return result.value;
    throw createError(result.issues.map(formatIssue).join("; "), result.issues);
  };
}

function formatIssue({ path = [], message }: StandardIssue): string {
  const names = path.map((part) => String(typeof part === "object" ? part.key : part));
  return names.length === 0 ? message : `${names.join(".")}: ${message}`;
}
