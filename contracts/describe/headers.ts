/** Response headers that many operations share. */
import type { OpenAPIRegistry } from "@asteasolutions/zod-to-openapi";
import { z } from "zod";
import { shortText } from "../limits.ts";
import { commonResponseHeaders } from "../response-headers.ts";

export function registerHeaders(registry: OpenAPIRegistry): void {
  for (const [name, header] of Object.entries(commonResponseHeaders))
    registry.registerComponent("headers", name, header);
}

export const createHeaderRefs = (
  ...names: readonly (keyof typeof commonResponseHeaders)[]
): Record<string, { readonly $ref: string }> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** Headers of every successful response. */
export const SuccessHeaders = z.object({
  "x-request-id": shortText().describe(commonResponseHeaders["x-request-id"].description),
});
