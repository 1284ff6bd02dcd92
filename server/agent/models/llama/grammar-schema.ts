/** Converts JSON Schema to the subset that node-llama-cpp can enforce. The consumer of the JSON must check the rest. */
import type { JsonSchema } from "../../types.ts";
import { asList, asObject, asText } from "../untrusted-json.ts";
import type { GrammarSchema } from "./library.ts";

interface Schema {
  readonly $ref?: unknown;
  readonly $defs?: unknown;
  readonly definitions?: unknown;
  readonly type?: unknown;
  readonly const?: unknown;
  readonly enum?: unknown;
  readonly anyOf?: unknown;
  readonly oneOf?: unknown;
  readonly allOf?: unknown;
  readonly properties?: unknown;
  readonly required?: unknown;
  readonly additionalProperties?: unknown;
  readonly items?: unknown;
  readonly prefixItems?: unknown;
  readonly minItems?: unknown;
  readonly maxItems?: unknown;
  readonly format?: unknown;
  readonly description?: unknown;
}
type Table = Readonly<Record<string, unknown>>;

const simpleTypes = new Set(["string", "number", "integer", "boolean", "null"]);
const formats = new Set(["date-time", "time", "date"]);
/** A grammar spells out each repetition, so larger counts are left out. */
const maxRepeated = 64;
const anyObject: GrammarSchema = { type: "object", additionalProperties: true };
const anything: GrammarSchema = {
  oneOf: [{ type: ["string", "number", "boolean", "null"] }, anyObject, { type: "array" }],
};

/** The library requires every property, so optional properties may be null instead. */
export function toGrammarSchema(schema: JsonSchema): GrammarSchema {
  const { $defs, definitions } = schema as Schema;
  const schemas = asObject<Table>($defs ?? definitions);
  const root = convert(schema);
  return schemas === undefined ? root : { ...root, $defs: mapValues(schemas, convert) };
}

function convert(input: unknown): GrammarSchema {
  const schema = asObject<Schema>(input);
  if (schema === undefined) return anything;
  const description = asText(schema.description);
  return { ...convertShape(schema), ...(description === "" ? {} : { description }) };
}

function convertShape(schema: Schema): GrammarSchema {
  const options = [...asList(schema.anyOf), ...asList(schema.oneOf)];
  const refName = /^#\/(?:\$defs|definitions)\/(.+)$/.exec(asText(schema.$ref))?.[1];
  if (refName !== undefined) return { $ref: `#/$defs/${refName}` };
  if ("const" in schema) return { const: schema.const };
  if (schema.enum !== undefined) return { enum: asList(schema.enum) };
  if (options.length > 0) return { oneOf: options.map(convert) };
  if (schema.allOf !== undefined) return convertShape(mergeSchemas(asList(schema.allOf)));
  const types = typeof schema.type === "string" ? [schema.type] : asList(schema.type).map(asText);
  if (types.length === 0) return schema.properties === undefined ? anything : convertObject(schema);
  if (types.length === 1) return convertType(types[0] ?? "", schema);
  return { oneOf: types.map((type) => convertType(type, schema)) };
}

function convertType(type: string, schema: Schema): GrammarSchema {
  if (type === "object") return convertObject(schema);
  if (type === "array") return convertArray(schema);
  if (type === "string" && formats.has(asText(schema.format))) return { type, format: asText(schema.format) };
  return simpleTypes.has(type) ? { type } : anything;
}

function convertObject({ properties, required, additionalProperties: additional }: Schema): GrammarSchema {
  const propertySchemas = asObject<Table>(properties) ?? {};
  const requiredKeys = new Set(asList(required));
  if (Object.keys(propertySchemas).length === 0 && additional !== false) {
    return {
      type: "object",
      additionalProperties: asObject<Schema>(additional) === undefined ? true : convert(additional),
    };
  }
  const fields = Object.entries(propertySchemas).map(([key, field]) => [
    key,
    requiredKeys.has(key) ? convert(field) : makeNullable(convert(field)),
  ]);
  return { type: "object", properties: Object.fromEntries(fields) as Record<string, GrammarSchema> };
}

const makeNullable = ({ description, ...field }: GrammarSchema): GrammarSchema => ({
  oneOf: [field, { type: "null" }],
  ...(description === undefined ? {} : { description }),
});

function convertArray({ items, prefixItems, minItems, maxItems }: Schema): GrammarSchema {
  return {
    type: "array",
    ...(items === undefined ? {} : { items: convert(items) }),
    ...(prefixItems === undefined ? {} : { prefixItems: asList(prefixItems).map(convert) }),
    ...(isSmallCount(minItems) ? { minItems } : {}),
    ...(isSmallCount(maxItems) ? { maxItems } : {}),
  };
}

const isSmallCount = (count: unknown): count is number => typeof count === "number" && count <= maxRepeated;

/** Merges the properties of object schemas; of any other schemas, returns the first. */
function mergeSchemas(parts: readonly unknown[]): Schema {
  const schemas = parts.map((part) => asObject<Schema>(part) ?? {});
  if (schemas.some(({ properties }) => properties === undefined)) return schemas[0] ?? {};
  return {
    type: "object",
    properties: Object.fromEntries(schemas.flatMap(({ properties }) => Object.entries(properties as Table))),
    required: schemas.flatMap(({ required }) => asList(required)),
  };
}

const mapValues = (table: Table, map: (value: unknown) => GrammarSchema): Record<string, GrammarSchema> =>
  Object.fromEntries(Object.entries(table).map(([key, value]) => [key, map(value)]));

/** Removes the nulls that stand for absent optional properties. */
export function removeNulls(value: unknown, schema: unknown): unknown {
  const { properties, required, items } = asObject<Schema>(schema) ?? {};
  if (Array.isArray(value)) return value.map((item) => removeNulls(item, items));
  const fields = asObject<Table>(value);
  if (fields === undefined) return value;
  const propertySchemas = asObject<Table>(properties) ?? {};
  const requiredKeys = new Set(asList(required));
  const entries = Object.entries(fields).filter(
    ([key, field]) => field !== null || requiredKeys.has(key) || !(key in propertySchemas),
  );
  return Object.fromEntries(entries.map(([key, field]) => [key, removeNulls(field, propertySchemas[key])]));
}
