/** Response headers that many operations share. */
import type { OpenAPIRegistry } from "@asteasolutions/zod-to-openapi";
import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { listStandardHeaders } from "../error-responses.ts";
import { shortText } from "../limits.ts";
import { commonResponseHeaders, streamHeaders, type CommonHeader } from "../response-headers.ts";

export function registerHeaders(registry: OpenAPIRegistry): void {
  for (const [name, header] of Object.entries(commonResponseHeaders))
    registry.registerComponent("headers", name, header);
}

export const createHeaderRefs = (
  ...names: readonly CommonHeader[]
): Record<string, { readonly $ref: string }> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** Describes an endpoint's own headers on a response that may lack them. */
export function describeOptionalHeaders(
  headers: z.ZodObject | undefined,
): Record<string, { description: string; required: false; schema: { type: "string" } }> {
  return Object.fromEntries(
    Object.entries(headers?.shape ?? {}).map(([name, schema]) => {
      const { description = "", $schema: _draft, ...rest } = z.toJSONSchema(schema);
      return [name, { description, required: false, schema: rest as { type: "string" } }];
    }),
  );
}

/** Headers of a response that is a stream when the caller asks for one. */
export const StreamHeaders = z.object({
  "cache-control": z.literal(streamHeaders["cache-control"]).optional().describe("Only a stream has it."),
  "x-accel-buffering": z
    .literal(streamHeaders["x-accel-buffering"])
    .optional()
    .describe("Only a stream has it: proxies do not buffer it."),
});

/** Headers of every successful response of an endpoint. */
export const createSuccessHeaders = ({ errorShape }: Endpoint): z.ZodObject =>
  z.object(
    Object.fromEntries(
      listStandardHeaders(errorShape).map((name) => [
        name,
        shortText().describe(commonResponseHeaders[name].description),
      ]),
    ),
  );
