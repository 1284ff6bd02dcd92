/** JSON Schemas of tools in the form that providers accept: an object with properties at the root. */
import type { JsonSchema } from "../types.ts";
import { repairSchema } from "./repair-schema.ts";
import { asList, asObject, asText } from "./untrusted-json.ts";

type Schema = Readonly<Record<string, unknown>>;

const emptyObject: JsonSchema = { type: "object", properties: {} };
const maxDepth = 32;
/** Keywords that providers reject at the root. */
const rootKeywords = ["$ref", "anyOf", "oneOf", "allOf", "not", "if", "then", "else"] as const;

/** Merges the branches of a union at the root and resolves a reference there. Returns a correct schema as it is. */
export function toObjectSchema(parameters: JsonSchema | undefined): JsonSchema {
  if (parameters === undefined) return emptyObject;
  const schema = repairSchema(parameters);
  return isObjectSchema(schema) ? schema : repairRoot(schema, schema, 0);
}

const isPlainObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isObjectSchema = (schema: Schema): boolean =>
  schema["type"] === "object" &&
  isPlainObject(schema["properties"]) &&
  Object.values(schema["properties"]).every(isPlainObject) &&
  (schema["required"] === undefined || isRequiredList(schema["required"])) &&
  rootKeywords.every((name) => schema[name] === undefined);

const isRequiredList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((key) => typeof key === "string");

function repairRoot(schema: Schema, root: Schema, depth: number): JsonSchema {
  const { $ref: reference, anyOf, oneOf, allOf, required, properties } = schema;
  const rest = Object.fromEntries(Object.entries(schema).filter(([name]) => !replacedKeywords.has(name)));
  const branches =
    depth > maxDepth
      ? []
      : [
          ...(reference === undefined
            ? []
            : [repairRoot(resolveReference(reference, root), root, depth + 1)]),
          ...asList(allOf)
            .filter(isPlainObject)
            .map((branch) => repairRoot(branch, root, depth + 1)),
        ];
  const alternatives =
    depth > maxDepth
      ? []
      : [...asList(anyOf), ...asList(oneOf)]
          .filter(isPlainObject)
          .map((branch) => repairRoot(branch, root, depth + 1));
  const own = isPlainObject(properties) ? properties : {};
  const all = [...alternatives, ...branches].map(({ properties: fields }) => fields as Schema);
  const merged = Object.assign({}, ...all, own) as Schema;
  const keys = new Set([
    ...asList(required),
    ...branches.flatMap((branch) => asList(branch["required"])),
    ...findCommonKeys(alternatives),
  ]);
  const requiredKeys = [...keys].filter((key) => typeof key === "string");
  return {
    ...rest,
    type: "object",
    properties: Object.fromEntries(
      Object.entries(merged).map(([key, value]) => [key, isPlainObject(value) ? value : {}]),
    ),
    ...(requiredKeys.length === 0 ? {} : { required: requiredKeys }),
  };
}

const replacedKeywords: ReadonlySet<string> = new Set([...rootKeywords, "type", "required", "properties"]);

/** A key is required by a union if every branch requires it. */
function findCommonKeys([first, ...others]: readonly JsonSchema[]): readonly unknown[] {
  return asList(first?.["required"]).filter((key) =>
    others.every((other) => asList(other["required"]).includes(key)),
  );
}

function resolveReference(reference: unknown, root: Schema): Schema {
  const path = asText(reference);
  if (!path.startsWith("#/")) return {};
  let found: unknown = root;
  for (const step of path.slice(2).split("/")) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    found = asObject<Schema>(found)?.[key];
  }
  return isPlainObject(found) ? found : {};
}

/** Replaces each reference by what it names, for providers without `$defs`. A recursive schema ends in any value. */
export function inlineReferences(schema: JsonSchema): JsonSchema {
  const inline = (value: unknown, names: readonly string[]): unknown => {
    if (Array.isArray(value)) return value.map((item) => inline(item, names));
    if (!isPlainObject(value)) return value;
    const reference = value["$ref"];
    if (typeof reference === "string") {
      const { $ref: _, ...siblings } = value;
      if (names.includes(reference) || names.length > maxDepth) return siblings;
      const resolved = resolveReference(reference, schema);
      return inline({ ...resolved, ...siblings }, [...names, reference]);
    }
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => key !== "$defs" && key !== "definitions")
        .map(([key, item]) => [key, inline(item, names)]),
    );
  };
  return inline(schema, []) as JsonSchema;
}
