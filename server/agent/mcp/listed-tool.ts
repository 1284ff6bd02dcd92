/** Reads a tool of a server's list. Servers differ, so each tool is read for itself: an odd one must not take away the others. */
import { asObject, asText } from "../models/untrusted-json.ts";
import { toObjectSchema } from "../models/tool-schema.ts";
import type { JsonSchema } from "../types.ts";

export interface ListedTool {
  readonly name: string;
  readonly description: string;
  /** An object schema with properties. */
  readonly parameters: JsonSchema;
}

interface WireTool {
  readonly name?: unknown;
  readonly title?: unknown;
  readonly description?: unknown;
  readonly inputSchema?: unknown;
}

/** Returns why a tool that cannot be repaired is left out. Annotations, icons and the output schema are not read. */
export function readListedTool(value: unknown): ListedTool | { readonly problem: string } {
  const wire = asObject<WireTool>(value);
  const name = asText(wire?.name);
  if (wire === undefined || name === "") return { problem: "it has no name" };
  const schema = wire.inputSchema ?? {};
  if (typeof schema !== "object" || Array.isArray(schema))
    return { problem: "its input schema is not an object" };
  const { $schema: _, ...parameters } = schema as JsonSchema;
  if (!canBeObject(parameters["type"])) return { problem: "its arguments are not an object" };
  return {
    name,
    description: asText(wire.description) || asText(wire.title) || name,
    parameters: toObjectSchema(parameters),
  };
}

/** Servers omit the type, or allow null too. */
const canBeObject = (type: unknown): boolean =>
  type === undefined ||
  type === null ||
  type === "object" ||
  (Array.isArray(type) && type.includes("object"));
