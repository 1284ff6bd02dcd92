/** Describes the errors of an endpoint as OpenAPI responses: one per status, with its codes. */
import type { OpenAPIRegistry, RouteConfig } from "@asteasolutions/zod-to-openapi";
import type { z } from "zod";
import type { Endpoint, AnyExample } from "../endpoint.ts";
import type { ErrorBody } from "../error-body.ts";
import { errorCodes, errorTable, type ErrorCode } from "../errors.ts";
import { createHeaderRefs } from "./headers.ts";
import { slugify } from "./text.ts";

type Responses = RouteConfig["responses"];
type Failure = Extract<AnyExample, { readonly error: unknown }>;

/** Common codes that only some endpoints can return, with the condition. */
const conditions: Partial<Record<ErrorCode, (endpoint: Endpoint) => boolean>> = {
  invalid_json: ({ body }) => body !== undefined,
  json_too_complex: ({ body }) => body !== undefined,
  missing_required_parameter: ({ body }) => body !== undefined,
  invalid_type: ({ body }) => body !== undefined,
  invalid_value: ({ body, params, query, headers }) => (body ?? params ?? query ?? headers) !== undefined,
  request_timeout: ({ body }) => body !== undefined,
  request_too_large: ({ body }) => body !== undefined,
  unsupported_media_type: ({ body }) => body !== undefined,
  invalid_api_key: ({ auth }) => auth !== "public",
  too_many_failed_credentials: ({ auth }) => auth !== "public",
  origin_not_allowed: ({ method }) => method !== "get",
  endpoint_disabled: ({ enabledBy }) => enabledBy !== undefined,
  too_many_requests: ({ auth }) => auth !== "public",
  server_overloaded: ({ auth }) => auth === "run" || auth === "tools",
  shutting_down: ({ auth }) => auth !== "public",
  missing_scope: ({ auth }) => auth !== "public",
  // No operation returns these: they mean that no operation matched.
  not_found: () => false,
  method_not_allowed: () => false,
};

/** Errors that are sent before the path is known. */
const beforeRouting: ReadonlySet<ErrorCode> = new Set(["request_timeout", "headers_too_large"]);

/** Returns responses by status. Those with common codes only become shared components. */
export function createFailureResponses(
  registry: OpenAPIRegistry,
  endpoint: Endpoint,
  examples: readonly AnyExample[],
): Responses {
  const codes = errorCodes.filter((code) =>
    errorTable[code].common
      ? (conditions[code]?.(endpoint) ?? true)
      : (endpoint.errors as readonly ErrorCode[]).includes(code),
  );
  const failures = examples.filter((example): example is Failure => "error" in example);
  const responses: Responses = {};
  for (const [status, group] of Map.groupBy(codes, (code) => errorTable[code].status)) {
    const own = failures.filter(({ error }) => group.includes(error.code));
    const isShared = own.length === 0 && group.every((code) => errorTable[code].common);
    const isWrapped = endpoint.errorShape === "ok" && !group.every((code) => beforeRouting.has(code));
    const body = createResponse(status, group, own, isWrapped);
    responses[status] = isShared ? registerShared(registry, group, body, isWrapped) : body;
  }
  return responses;
}

function createResponse(
  status: number,
  codes: readonly ErrorCode[],
  failures: readonly Failure[],
  isWrapped: boolean,
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
    headers: createHeaderRefs(
      "x-request-id",
      ...(status === 401 ? (["www-authenticate"] as const) : []),
      ...(codes.some((code) => errorTable[code].retry) ? (["retry-after"] as const) : []),
      ...(status === 409 || status === 429 || status >= 500 ? (["x-should-retry"] as const) : []),
    ),
    content: {
      "application/json": {
        schema: { $ref: `#/components/schemas/${isWrapped ? "WrappedErrorBody" : "ErrorBody"}` },
        examples: Object.fromEntries(examples),
      },
    },
  };
}

/** The JSON body of an error. */
export const toErrorBody = ({ code, message, param }: Failure["error"]): z.input<typeof ErrorBody> => ({
  error: { message, type: errorTable[code].type, param, code },
});

function registerShared(
  registry: OpenAPIRegistry,
  codes: readonly ErrorCode[],
  body: ReturnType<typeof createResponse>,
  isWrapped: boolean,
): { readonly $ref: string } {
  const name = `${isWrapped ? "Wrapped" : ""}${codes.map(toPascalCase).join("Or")}`;
  const isRegistered = registry.definitions.some((each) => each.type === "component" && each.name === name);
  if (!isRegistered) registry.registerComponent("responses", name, body);
  return { $ref: `#/components/responses/${name}` };
}

const toPascalCase = (code: string): string =>
  code.replace(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
