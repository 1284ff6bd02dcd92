/** Describes the errors of an endpoint as OpenAPI responses: one per status, with its codes. */
import { OpenApiGeneratorV31, type OpenAPIRegistry, type RouteConfig } from "@asteasolutions/zod-to-openapi";
import type { z } from "zod";
import type { Endpoint, AnyExample } from "../endpoint.ts";
import { ErrorBody } from "../error-body.ts";
import { listErrorResponses, type ErrorResponse } from "../error-responses.ts";
import { errorTable, type ErrorCode } from "../errors.ts";
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
  { codes, isWrapped, headers }: ErrorResponse,
  failures: readonly Failure[],
  replyHeaders: Endpoint["replyHeaders"],
) {
  const toBody = (error: Failure["error"]) =>
    isWrapped ? { ok: false as const, ...toErrorBody(error) } : toErrorBody(error);
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
        schema: narrowCode(isWrapped ? "WrappedErrorBody" : "ErrorBody", codes),
        examples: Object.fromEntries(examples),
      },
    },
  };
}

const { components } = new OpenApiGeneratorV31([{ type: "schema", schema: ErrorBody }]).generateComponents();
const ErrorDetails = components?.schemas?.["ErrorDetails"] as {
  readonly properties: Readonly<Record<string, object>>;
};

/**
 * An error body with its possible codes. The fields of `error` are repeated: openapi-generator forgets that `param` may be null
 * when it merges a reference, and other tools ignore keywords beside `$ref`.
 */
const narrowCode = (schema: string, codes: readonly ErrorCode[]) => {
  const code = { ...ErrorDetails.properties["code"], type: "string" as const, enum: [...codes] };
  const error = { ...ErrorDetails, properties: { ...ErrorDetails.properties, code } };
  return {
    allOf: [{ $ref: `#/components/schemas/${schema}` }, { type: "object" as const, properties: { error } }],
  };
};

/** The JSON body of an error. */
export const toErrorBody = ({ code, message, param }: Failure["error"]): z.input<typeof ErrorBody> => ({
  error: { message, type: errorTable[code].type, param, code },
});

function registerShared(
  registry: OpenAPIRegistry,
  { codes, isWrapped }: ErrorResponse,
  body: ReturnType<typeof createResponse>,
): { readonly $ref: string } {
  const name = `${isWrapped ? "Wrapped" : ""}${codes.map(toPascalCase).join("Or")}`;
  const isRegistered = registry.definitions.some((each) => each.type === "component" && each.name === name);
  if (!isRegistered) registry.registerComponent("responses", name, body);
  return { $ref: `#/components/responses/${name}` };
}
