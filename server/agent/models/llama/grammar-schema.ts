/** JSON Schema in the dialect that the library can hold a model to. What is lost of it is checked by whoever takes the JSON. */
import type { JsonSchema } from "../../types.ts";
import { asList, asObject, asText } from "../wire.ts";
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
/** Grammars spell repetitions out. */
const maxRepeated = 64;
const anyObject: GrammarSchema = { type: "object", additionalProperties: true };
const anything: GrammarSchema = {
  oneOf: [{ type: ["string", "number", "boolean", "null"] }, anyObject, { type: "array" }],
};

/** Where the library demands all properties, those that are optional may be null. */
export function grammarSchema(schema: JsonSchema): GrammarSchema {
  const { $defs, definitions } = schema as Schema;
  const named = asObject<Table>($defs ?? definitions);
  const root = convert(schema);
  return named === undefined ? root : { ...root, $defs: mapValues(named, convert) };
}

function convert(given: unknown): GrammarSchema {
  const schema = asObject<Schema>(given);
  if (schema === undefined) return anything;
  const description = asText(schema.description);
  return { ...shape(schema), ...(description === "" ? {} : { description }) };
}

function shape(schema: Schema): GrammarSchema {
  const options = [...asList(schema.anyOf), ...asList(schema.oneOf)];
  const name = /^#\/(?:\$defs|definitions)\/(.+)$/.exec(asText(schema.$ref))?.[1];
  if (name !== undefined) return { $ref: `#/$defs/${name}` };
  if ("const" in schema) return { const: schema.const };
  if (schema.enum !== undefined) return { enum: asList(schema.enum) };
  if (options.length > 0) return { oneOf: options.map(convert) };
  if (schema.allOf !== undefined) return shape(merged(asList(schema.allOf)));
  const types = typeof schema.type === "string" ? [schema.type] : asList(schema.type).map(asText);
  if (types.length === 0) return schema.properties === undefined ? anything : object(schema);
  if (types.length === 1) return ofType(types[0] ?? "", schema);
  return { oneOf: types.map((type) => ofType(type, schema)) };
}

function ofType(type: string, schema: Schema): GrammarSchema {
  if (type === "object") return object(schema);
  if (type === "array") return array(schema);
  if (type === "string" && formats.has(asText(schema.format))) return { type, format: asText(schema.format) };
  return simpleTypes.has(type) ? { type } : anything;
}

function object({ properties, required, additionalProperties: more }: Schema): GrammarSchema {
  const known = asObject<Table>(properties) ?? {};
  const needed = new Set(asList(required));
  if (Object.keys(known).length === 0 && more !== false) {
    return {
      type: "object",
      additionalProperties: asObject<Schema>(more) === undefined ? true : convert(more),
    };
  }
  const fields = Object.entries(known).map(([key, field]) => [
    key,
    needed.has(key) ? convert(field) : orNull(convert(field)),
  ]);
  return { type: "object", properties: Object.fromEntries(fields) as Record<string, GrammarSchema> };
}

const orNull = ({ description, ...field }: GrammarSchema): GrammarSchema => ({
  oneOf: [field, { type: "null" }],
  ...(description === undefined ? {} : { description }),
});

function array({ items, prefixItems, minItems, maxItems }: Schema): GrammarSchema {
  return {
    type: "array",
    ...(items === undefined ? {} : { items: convert(items) }),
    ...(prefixItems === undefined ? {} : { prefixItems: asList(prefixItems).map(convert) }),
    ...(small(minItems) ? { minItems } : {}),
    ...(small(maxItems) ? { maxItems } : {}),
  };
}

const small = (count: unknown): count is number => typeof count === "number" && count <= maxRepeated;

/** Of objects, whose fields come together; of anything else the first. */
function merged(parts: readonly unknown[]): Schema {
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

/** What a model wrote under that grammar, without the nulls that stand for nothing. */
export function withoutNulls(value: unknown, schema: unknown): unknown {
  const { properties, required, items } = asObject<Schema>(schema) ?? {};
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, items));
  const fields = asObject<Table>(value);
  if (fields === undefined) return value;
  const known = asObject<Table>(properties) ?? {};
  const needed = new Set(asList(required));
  const kept = Object.entries(fields).filter(
    ([key, field]) => field !== null || needed.has(key) || !(key in known),
  );
  return Object.fromEntries(kept.map(([key, field]) => [key, withoutNulls(field, known[key])]));
}
