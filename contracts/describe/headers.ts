/** Response headers that many operations send: components for failures, a schema to build on for the rest. */
import type { OpenAPIRegistry } from "@asteasolutions/zod-to-openapi";
import { z } from "zod";
import { limits, shortText } from "../limits.ts";

const requestId = "Id of the request, here and in the log: yours when you sent a sane one.";
const text = { type: "string", maxLength: limits.shortText } as const;

const headers = {
  "x-request-id": { description: requestId, required: true, schema: text },
  "www-authenticate": { description: "`Bearer`.", required: true, schema: text },
  "retry-after": {
    description: "Seconds after which a repeat may succeed, when that is known.",
    required: false,
    schema: { type: "integer", minimum: 0 },
  },
  "x-should-retry": {
    description: "Whether a repeat can help. OpenAI's clients obey it.",
    required: true,
    schema: { type: "string", enum: ["true", "false"] as string[] },
  },
} as const;

export function registerHeaders(registry: OpenAPIRegistry): void {
  for (const [name, header] of Object.entries(headers)) registry.registerComponent("headers", name, header);
}

export const headerRefs = (
  ...names: readonly (keyof typeof headers)[]
): Record<string, { readonly $ref: string }> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** What every success carries. */
export const SuccessHeaders = z.object({ "x-request-id": shortText().describe(requestId) });
