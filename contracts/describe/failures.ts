/** Describes the errors of an endpoint as OpenAPI responses: one per status, with its codes. */
import { OpenApiGeneratorV31, type OpenAPIRegistry, type RouteConfig } from "@asteasolutions/zod-to-openapi";
import type { z } from "zod";
import type { AnyExample, DeclaredShape, Endpoint, ErrorShape } from "../endpoint.ts";
import { ErrorBody, type WrappedErrorBody } from "../error-body.ts";
import { listErrorResponses, type ErrorResponse } from "../error-responses.ts";
import { errorTable, type ErrorCode } from "../errors.ts";
import { identityErrors } from "../identity-errors.ts";
import { JsonRpcErrorBody, toJsonRpcErrorCode } from "../http/mcp/json-rpc.ts";
import { MessagesErrorBody, toAnthropicErrorType } from "../http/messages/error.ts";
import { createHeaderRefs, describeOptionalHeaders } from "./headers.ts";
import { slugify, toPascalCase } from "./text.ts";

type Responses = RouteConfig["responses"];
type Failure = Extract<AnyExample, { readonly error: unknown }>;

/** Returns responses by status. Those with common codes only become shared components. */
export function createFailureResponses(
  registry: OpenAPIRegistry,
  endpoint: Endpoint,
  examples: readonly AnyExample[],
): Responses {
  const failures = examples.filter((example): example is Failure => "error" in example);
  const responses: Responses = {};
  for (const response of listErrorResponses(endpoint)) {
    const { status, codes, hasReplyHeaders } = response;
    const own = failures.filter(({ error }) => codes.includes(error.code));
    const isShared = own.length === 0 && !hasReplyHeaders && codes.every((code) => errorTable[code].common);
    const described = createResponse(response, own, hasReplyHeaders ? endpoint.replyHeaders : undefined);
    responses[status] = isShared ? registerShared(registry, response, described) : described;
  }
  return responses;
}

function createResponse(
  { codes, shape, headers }: ErrorResponse,
  failures: readonly Failure[],
  replyHeaders: Endpoint["replyHeaders"],
) {
  const toBody = (error: Failure["error"]) =>
    describeErrorBody(error, shape === "negotiated" ? "plain" : shape);
  const examples = codes.flatMap((code) => {
    const own = failures.filter(({ error }) => error.code === code);
    if (own.length === 0) {
      const message = errorTable[code].description;
      return [[code, { summary: message, value: toBody({ code, message, param: null }) }] as const];
    }
    return own.map(({ title, error }) => [slugify(title), { summary: title, value: toBody(error) }] as const);
  });
  return {
    description: codes.map((code) => `- \`${code}\`: ${errorTable[code].description}`).join("\n"),
    headers: { ...createHeaderRefs(...headers), ...describeOptionalHeaders(replyHeaders) },
    content: {
      "application/json": {
        schema: narrowBody(shape, codes),
        examples: Object.fromEntries(examples),
      },
    },
  };
}

function narrowBody(shape: DeclaredShape, codes: readonly ErrorCode[]) {
  if (shape === "anthropic") return narrowAnthropicCode(codes);
  if (shape === "json-rpc") return narrowJsonRpcCode(codes);
  if (shape !== "negotiated") return narrowCode(schemaNames[shape], codes);
  return { anyOf: [narrowCode(schemaNames.plain, codes), narrowAnthropicCode(codes)] };
}

const schemaNames = { plain: "ErrorBody", ok: "WrappedErrorBody" } as const;

interface ObjectSchema {
  readonly properties: Readonly<Record<string, object>>;
}

const { components } = new OpenApiGeneratorV31(
  [ErrorBody, MessagesErrorBody, JsonRpcErrorBody].map((schema) => ({ type: "schema" as const, schema })),
).generateComponents();
const getSchema = (name: string): ObjectSchema => components?.schemas?.[name] as ObjectSchema;
const ErrorDetails = getSchema("ErrorDetails");
const MessagesError = getSchema("MessagesError");
const MessagesErrorDetails = getSchema("MessagesErrorDetails");
const JsonRpcError = getSchema("JsonRpcError");
const JsonRpcErrorData = getSchema("JsonRpcErrorData");

/**
 * An error body with its possible codes. The fields of `error` are repeated: openapi-generator forgets that `param` may be null
 * when it merges a reference, and other tools ignore keywords beside `$ref`.
 */
const narrowCode = (schema: string, codes: readonly ErrorCode[]) =>
  narrowError(
    schema,
    replaceProperty(ErrorDetails, "code", toCodeEnum(ErrorDetails.properties["code"], codes)),
  );

const narrowAnthropicCode = (codes: readonly ErrorCode[]) => {
  const code = toCodeEnum(MessagesErrorDetails.properties["error_code"], codes);
  const details = replaceProperty(MessagesErrorDetails, "error_code", code);
  return narrowError("MessagesErrorBody", replaceProperty(MessagesError, "details", details));
};

const narrowJsonRpcCode = (codes: readonly ErrorCode[]) => {
  const code = toCodeEnum(JsonRpcErrorData.properties["code"], codes);
  return narrowError(
    "JsonRpcErrorBody",
    replaceProperty(JsonRpcError, "data", replaceProperty(JsonRpcErrorData, "code", code)),
  );
};

const toCodeEnum = (schema: object | undefined, codes: readonly ErrorCode[]) => ({
  ...schema,
  type: "string" as const,
  enum: [...codes],
});

const replaceProperty = (schema: ObjectSchema, name: string, property: object) => ({
  ...schema,
  properties: { ...schema.properties, [name]: property },
});

const narrowError = (schema: string, error: object) => ({
  allOf: [{ $ref: `#/components/schemas/${schema}` }, { type: "object" as const, properties: { error } }],
});

/** The JSON body of an error of an endpoint with this shape. */
export function describeErrorBody(
  error: Failure["error"],
  shape: ErrorShape = "plain",
): z.input<typeof ErrorBody | typeof WrappedErrorBody | typeof MessagesErrorBody | typeof JsonRpcErrorBody> {
  if (shape === "plain") return toErrorBody(error);
  if (shape === "ok") return { ok: false as const, ...toErrorBody(error) };
  const { code, message, param } = error;
  if (shape === "json-rpc") {
    const { status, type } = errorTable[code];
    return {
      jsonrpc: "2.0",
      id: null,
      error: { code: toJsonRpcErrorCode(code, status), message, data: { type, param, code } },
    };
  }
  return {
    type: "error" as const,
    error: {
      type: toAnthropicErrorType(errorTable[code].status),
      message,
      details: { error_code: code, param },
    },
    request_id: "req_1",
  };
}

/** The JSON body of an error. */
export const toErrorBody = ({ code, message, param }: Failure["error"]): z.input<typeof ErrorBody> => ({
  error: { message, type: errorTable[code].type, param, code },
});

const sharedPrefixes = {
  plain: "",
  ok: "Wrapped",
  anthropic: "Messages",
  negotiated: "Negotiated",
  "json-rpc": "JsonRpc",
} as const;

function registerShared(
  registry: OpenAPIRegistry,
  { codes, shape }: ErrorResponse,
  body: ReturnType<typeof createResponse>,
): { readonly $ref: string } {
  // The codes of `identityErrors` always occur together: one word stands for all of them.
  const words = codes.map((code) => (code in identityErrors ? "IdentityError" : toPascalCase(code)));
  const name = sharedPrefixes[shape] + [...new Set(words)].join("Or");
  const isRegistered = registry.definitions.some((each) => each.type === "component" && each.name === name);
  if (!isRegistered) registry.registerComponent("responses", name, body);
  return { $ref: `#/components/responses/${name}` };
}
