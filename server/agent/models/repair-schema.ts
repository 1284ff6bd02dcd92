/**
 * Repairs faults in JSON Schemas of tools that providers reject: types of other languages, arrays without items, keywords that
 * are null. A provider rejects the whole request for one wrong schema.
 */
import type { JsonSchema } from "../types.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Levels of a schema that are repaired. */
const maxDepth = 64;

const jsonTypes: ReadonlySet<unknown> = new Set([
  "string",
  "number",
  "integer",
  "boolean",
  "object",
  "array",
  "null",
]);
/** Type names of other languages. Other names are left out. */
const typeNames: ReadonlyMap<unknown, string> = new Map([
  ["str", "string"],
  ["text", "string"],
  ["int", "integer"],
  ["long", "integer"],
  ["float", "number"],
  ["double", "number"],
  ["decimal", "number"],
  ["bool", "boolean"],
  ["list", "array"],
  ["tuple", "array"],
  ["dict", "object"],
  ["map", "object"],
  ["none", "null"],
]);

const schemaKeywords: ReadonlySet<string> = new Set([
  "items",
  "additionalProperties",
  "contains",
  "not",
  "if",
  "then",
  "else",
  "propertyNames",
]);
const schemaMaps: ReadonlySet<string> = new Set(["patternProperties", "$defs", "definitions"]);
const schemaLists: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const textKeywords: ReadonlySet<string> = new Set(["description", "title", "format", "pattern"]);
/** Keywords whose values may be null, and are not schemas. */
const valueKeywords: ReadonlySet<string> = new Set(["default", "const", "example", "examples"]);

/** Returns a correct schema as it is. */
export const repairSchema = (schema: JsonSchema): JsonSchema => repairNode(schema, 0);

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function repairNode(node: Schema, depth: number): Schema {
  if (depth > maxDepth) return node;
  let repaired: Record<string, unknown> | undefined;
  for (const [keyword, value] of Object.entries(node)) {
    const next = repairKeyword(keyword, value, node, depth);
    if (next === value) continue;
    repaired ??= { ...node };
    if (next === undefined) delete repaired[keyword];
    else repaired[keyword] = next;
  }
  const result = repaired ?? node;
  return needsItems(result) ? { ...result, items: {} } : result;
}

const needsItems = ({ type, items, prefixItems }: Schema): boolean =>
  items === undefined &&
  prefixItems === undefined &&
  (type === "array" || (Array.isArray(type) && type.includes("array")));

/** Returns undefined for a keyword to leave out. */
function repairKeyword(keyword: string, value: unknown, node: Schema, depth: number): unknown {
  if (valueKeywords.has(keyword)) return value;
  if (value === null) return undefined;
  if (textKeywords.has(keyword)) return typeof value === "string" ? value : undefined;
  if (schemaMaps.has(keyword)) return repairMap(value, depth);
  if (schemaLists.has(keyword)) return Array.isArray(value) ? repairList(value, depth) : undefined;
  if (schemaKeywords.has(keyword)) {
    if (Array.isArray(value)) return repairList(value, depth);
    return isSchema(value) ? repairNode(value, depth + 1) : value;
  }
  switch (keyword) {
    case "type":
      return repairType(value);
    case "properties":
      return repairMap(value, depth);
    case "enum":
      return Array.isArray(value) && value.length > 0 ? value : undefined;
    case "required":
      return repairRequired(value, node);
    case "$ref":
      // Providers do not fetch schemas.
      return typeof value === "string" && value.startsWith("#") ? value : undefined;
    case "exclusiveMinimum":
      return repairBound(value, node["minimum"]);
    case "exclusiveMaximum":
      return repairBound(value, node["maximum"]);
    default:
      return value;
  }
}

function repairType(type: unknown): unknown {
  if (jsonTypes.has(type)) return type;
  if (!Array.isArray(type)) return typeof type === "string" ? typeNames.get(type.toLowerCase()) : undefined;
  if (type.length > 0 && type.every((name) => jsonTypes.has(name))) return type;
  const names = type.map(repairType).filter((name) => typeof name === "string");
  return names.length === 0 ? undefined : names;
}

/** A property without a schema accepts any value. */
function repairMap(value: unknown, depth: number): unknown {
  if (!isSchema(value)) return undefined;
  let repaired: Record<string, unknown> | undefined;
  for (const [name, schema] of Object.entries(value)) {
    const next = isSchema(schema) ? repairNode(schema, depth + 1) : {};
    if (next !== schema) (repaired ??= { ...value })[name] = next;
  }
  return repaired ?? value;
}

function repairList(list: readonly unknown[], depth: number): readonly unknown[] {
  const repaired = list.map((schema) => (isSchema(schema) ? repairNode(schema, depth + 1) : schema));
  return repaired.every((schema, index) => schema === list[index]) ? list : repaired;
}

/**
 * Draft 4 and tool servers write `required: true` into a property. A name without a property cannot be required, unless another
 * part of the schema has the property.
 */
function repairRequired(required: unknown, node: Schema): unknown {
  if (!Array.isArray(required)) return undefined;
  const { properties, $ref, anyOf, oneOf, allOf } = node;
  const hasAllProperties =
    isSchema(properties) && [$ref, anyOf, oneOf, allOf].every((part) => part === undefined);
  const canBeRequired = (name: unknown): boolean =>
    typeof name === "string" && (!hasAllProperties || Object.hasOwn(properties, name));
  if (required.every(canBeRequired)) return required;
  const names = required.filter(canBeRequired);
  return names.length === 0 ? undefined : names;
}

/** In draft 4 the keyword is a boolean, and the bound is in the other keyword. */
function repairBound(bound: unknown, limit: unknown): unknown {
  if (typeof bound !== "boolean") return bound;
  return bound ? limit : undefined;
}
