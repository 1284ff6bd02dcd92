/**
 * The smallest sensible value that a JSON Schema allows. Not looked at: `pattern`, `not`, `if`, `contains`, `uniqueItems`,
 * `minProperties`, and whether more than one branch of a `oneOf` fits.
 */
import type { JsonSchema } from "../../types.ts";
import { sampleNumber, sampleString } from "./sample-scalar.ts";

/** Bounds on what a hostile schema can cost: nesting, entries of schemas looked at, characters of the value. */
const deepest = 100;
const mostEntries = 20_000;
const mostCharacters = 1_000_000;

interface Walk {
  readonly root: JsonSchema;
  /** What a string holds that may hold anything. */
  readonly text: string;
  /** The references being followed: a smallest value never has one inside itself. */
  readonly open: ReadonlySet<string>;
  readonly depth: number;
  readonly left: { entries: number; characters: number };
}

/** `undefined` when there is no such value, or none was found within bounds. */
export function sampleSchema(schema: JsonSchema, text = "example"): unknown {
  const left = { entries: mostEntries, characters: mostCharacters };
  return sample([schema], { root: schema, text, open: new Set(), depth: 0, left });
}

/** A value for all of the schemas at once. */
function sample(schemas: readonly unknown[], walk: Walk): unknown {
  if (walk.depth === deepest) return undefined;
  const plain: JsonSchema[] = [];
  const choices: (readonly unknown[])[] = [];
  const followed = new Set<string>();
  const queue = [...schemas];
  for (const schema of queue) {
    walk.left.entries -= entriesOf(schema);
    if (walk.left.entries < 0 || schema === false) return undefined;
    if (!isSchema(schema)) continue;
    const { $ref, allOf, anyOf, oneOf, ...own } = schema;
    plain.push(own);
    queue.push(...listOf(allOf));
    choices.push(...[anyOf, oneOf].filter((branches) => Array.isArray(branches)));
    if (typeof $ref === "string" && !followed.has($ref)) {
      if (walk.open.has($ref)) return undefined;
      followed.add($ref);
      queue.push(resolve($ref, walk.root));
    }
  }
  const below = { ...walk, open: new Set([...walk.open, ...followed]), depth: walk.depth + 1 };
  const [choice, ...later] = choices;
  if (choice === undefined) return samplePlain(plain.reduce(join, {}), below);
  const others = [...plain, ...later.map((anyOf) => ({ anyOf }))];
  return firstDefined(choice, (branch) => sample([...others, branch], below));
}

function samplePlain(schema: JsonSchema, walk: Walk): unknown {
  for (const keyword of ["const", "default"]) {
    if (Object.hasOwn(schema, keyword)) return paid(schema[keyword], walk);
  }
  if (Array.isArray(schema["enum"])) return paid(schema["enum"][0], walk);
  return firstDefined(typesOf(schema), (type) => {
    if (type === "object") return sampleObject(schema, walk);
    if (type === "array") return sampleArray(schema, walk);
    if (type === "string") return paid(sampleString(schema, walk.text), walk);
    if (type === "number" || type === "integer") return sampleNumber(schema, type);
    if (type === "boolean") return false;
    return type === "null" ? null : undefined;
  });
}

/** The required properties and no others. */
function sampleObject(schema: JsonSchema, walk: Walk): unknown {
  const properties = isSchema(schema["properties"]) ? schema["properties"] : {};
  const entries: [string, unknown][] = [];
  for (const name of listOf(schema["required"])) {
    if (typeof name !== "string") continue;
    const property = Object.hasOwn(properties, name) ? properties[name] : schema["additionalProperties"];
    const value = sample([property], walk);
    if (value === undefined || paid(name, walk) === undefined) return undefined;
    entries.push([name, value]);
  }
  // Not assigned one by one: a property may be called `__proto__`.
  return Object.fromEntries(entries);
}

/** The items of a tuple, and as many more as there have to be. */
function sampleArray(schema: JsonSchema, walk: Walk): unknown {
  const { prefixItems, items, additionalItems, minItems, maxItems } = schema;
  const [tuple, rest] = Array.isArray(items) ? [items, additionalItems] : [listOf(prefixItems), items];
  const wanted = Math.max(tuple.length, typeof minItems === "number" ? minItems : 0);
  const length = typeof maxItems === "number" ? Math.min(wanted, maxItems) : wanted;
  const values: unknown[] = [];
  while (values.length < length) {
    const value = sample([values.length < tuple.length ? tuple[values.length] : rest], walk);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

/** One schema that asks for what both ask for, keyword by keyword. */
function join(left: JsonSchema, right: JsonSchema): JsonSchema {
  const joined = Object.entries(right).map(([keyword, value]): [string, unknown] => [
    keyword,
    Object.hasOwn(left, keyword) ? joinKeyword(keyword, left[keyword], value) : value,
  ]);
  return { ...left, ...Object.fromEntries(joined) };
}

function joinKeyword(keyword: string, left: unknown, right: unknown): unknown {
  switch (keyword) {
    case "properties":
      return isSchema(left) && isSchema(right) ? joinProperties(left, right) : right;
    case "items":
    case "additionalProperties":
      return { allOf: [left, right] };
    case "required":
      return [...new Set([...listOf(left), ...listOf(right)])];
    case "enum": {
      const allowed = new Set(listOf(right));
      return listOf(left).filter((value) => allowed.has(value));
    }
    case "type":
      return [left].flat().filter((type) => [right].flat().includes(type));
    case "minimum":
    case "exclusiveMinimum":
    case "minLength":
    case "minItems":
      return Math.max(Number(left), Number(right));
    case "maximum":
    case "exclusiveMaximum":
    case "maxLength":
    case "maxItems":
      return Math.min(Number(left), Number(right));
    default:
      return right;
  }
}

function joinProperties(left: JsonSchema, right: JsonSchema): JsonSchema {
  const joined = Object.entries(right).map(([name, schema]): [string, unknown] => [
    name,
    Object.hasOwn(left, name) ? { allOf: [left[name], schema] } : schema,
  ]);
  return { ...left, ...Object.fromEntries(joined) };
}

/** The types that the schema names, or the one that its keywords speak of. */
function typesOf(schema: JsonSchema): readonly unknown[] {
  if (schema["type"] !== undefined) return [schema["type"]].flat();
  const says = (...keywords: readonly string[]): boolean =>
    keywords.some((keyword) => Object.hasOwn(schema, keyword));
  if (says("properties", "required", "additionalProperties")) return ["object"];
  if (says("items", "prefixItems", "minItems", "maxItems")) return ["array"];
  if (says("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")) return ["number"];
  return ["string"];
}

/** Only `#` and `#/…`: what a request sends stands alone. A schema that is not there allows nothing. */
function resolve(ref: string, root: JsonSchema): unknown {
  if (ref !== "#" && !ref.startsWith("#/")) return false;
  let at: unknown = root;
  for (const step of ref.split("/").slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return false;
    at = (at as JsonSchema)[key];
  }
  return at;
}

/** The value, when there is room for it. */
function paid(value: unknown, { left }: Walk): unknown {
  if (value === undefined || left.characters < 0) return undefined;
  left.characters -= JSON.stringify(value).length;
  return left.characters < 0 ? undefined : value;
}

/** How much there is to read and join in a schema, its subschemas not counted. */
function entriesOf(schema: unknown): number {
  if (!isSchema(schema)) return 1;
  const sizes = Object.values(schema).map((value) =>
    typeof value === "object" && value !== null ? 1 + Object.keys(value).length : 1,
  );
  return sizes.reduce((sum, size) => sum + size, 1);
}

function firstDefined(list: readonly unknown[], make: (item: unknown) => unknown): unknown {
  for (const item of list) {
    const made = make(item);
    if (made !== undefined) return made;
  }
  return undefined;
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
