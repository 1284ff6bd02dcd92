/** The failures of an endpoint as OpenAPI responses, one per status, each with the codes that it stands for. */
import type { OpenAPIRegistry, RouteConfig } from "@asteasolutions/zod-to-openapi";
import type { z } from "zod";
import type { Endpoint, AnyExample } from "../endpoint.ts";
import type { ErrorBody } from "../error-body.ts";
import { errorCodes, errorTable, type ErrorCode } from "../errors.ts";
import { headerRefs } from "./headers.ts";
import { slug } from "./slug.ts";

type Responses = RouteConfig["responses"];
type Failure = Extract<AnyExample, { readonly error: unknown }>;

/** Common codes that not every endpoint can meet, with those that can. */
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
  // No operation answers with these: they say that there is none.
  not_found: () => false,
  method_not_allowed: () => false,
};

/** What is answered before there is a path to go by. */
const beforeRouting: ReadonlySet<ErrorCode> = new Set(["request_timeout", "headers_too_large"]);

/** Responses by status. Those made of common codes alone become components that operations share. */
export function failureResponses(
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
    const shared = own.length === 0 && group.every((code) => errorTable[code].common);
    const wrapped = endpoint.errorShape === "ok" && !group.every((code) => beforeRouting.has(code));
    const body = response(status, group, own, wrapped);
    responses[status] = shared ? component(registry, group, body, wrapped) : body;
  }
  return responses;
}

function response(
  status: number,
  codes: readonly ErrorCode[],
  failures: readonly Failure[],
  wrapped: boolean,
) {
  const bodyOf = (error: Failure["error"]) =>
    wrapped ? { ok: false as const, ...errorBody(error) } : errorBody(error);
  const shown = codes.flatMap((code) => {
    const own = failures.filter(({ error }) => error.code === code);
    if (own.length === 0) {
      const message = errorTable[code].description;
      return [[code, { summary: message, value: bodyOf({ code, message, param: null }) }] as const];
    }
    return own.map(({ title, error }) => [slug(title), { summary: title, value: bodyOf(error) }] as const);
  });
  return {
    description: codes.map((code) => `- \`${code}\`: ${errorTable[code].description}`).join("\n"),
    headers: headerRefs(
      "x-request-id",
      ...(status === 401 ? (["www-authenticate"] as const) : []),
      ...(codes.some((code) => errorTable[code].retry) ? (["retry-after"] as const) : []),
      ...(status === 409 || status === 429 || status >= 500 ? (["x-should-retry"] as const) : []),
    ),
    content: {
      "application/json": {
        schema: { $ref: `#/components/schemas/${wrapped ? "WrappedError" : "Error"}` },
        examples: Object.fromEntries(shown),
      },
    },
  };
}

/** What a failure looks like on the wire. */
export const errorBody = ({ code, message, param }: Failure["error"]): z.input<typeof ErrorBody> => ({
  error: { message, type: errorTable[code].type, param, code },
});

function component(
  registry: OpenAPIRegistry,
  codes: readonly ErrorCode[],
  body: ReturnType<typeof response>,
  wrapped: boolean,
): { readonly $ref: string } {
  const name = `${wrapped ? "Wrapped" : ""}${codes.map(pascalCase).join("Or")}`;
  const known = registry.definitions.some((each) => each.type === "component" && each.name === name);
  if (!known) registry.registerComponent("responses", name, body);
  return { $ref: `#/components/responses/${name}` };
}

const pascalCase = (code: string): string =>
  code.replace(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
