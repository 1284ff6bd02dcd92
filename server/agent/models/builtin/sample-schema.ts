/**
 * A small value that a JSON Schema allows. Ignores `pattern`, `not`, `if`, `contains`, `uniqueItems`, `minProperties`, and
 * whether several branches of a `oneOf` match.
 */
import type { JsonSchema } from "../../types.ts";
import { sampleNumber, sampleString } from "./sample-scalar.ts";

/** Limits on what a hostile schema can cost: nesting, entries of the schemas read, characters of the value. */
const maxDepth = 100;
const maxEntries = 20_000;
const maxCharacters = 1_000_000;

interface Walk {
  readonly root: JsonSchema;
  /** The value of a string without constraints. */
  readonly text: string;
  /** The references being resolved: a finite value never needs one inside itself. */
  readonly openRefs: ReadonlySet<string>;
  readonly depth: number;
  readonly budget: { entries: number; characters: number };
}

/** Returns undefined if no value matches, or none was found within the limits. */
export function sampleSchema(schema: JsonSchema, text = "example"): unknown {
  const budget = { entries: maxEntries, characters: maxCharacters };
  return sample([schema], { root: schema, text, openRefs: new Set(), depth: 0, budget });
}

/** Returns a value that matches all of the schemas. */
function sample(schemas: readonly unknown[], walk: Walk): unknown {
  if (walk.depth === maxDepth) return undefined;
  const plain: JsonSchema[] = [];
  const choices: (readonly unknown[])[] = [];
  const followedRefs = new Set<string>();
  const queue = [...schemas];
  for (const schema of queue) {
    walk.budget.entries -= countEntries(schema);
    if (walk.budget.entries < 0 || schema === false) return undefined;
    if (!isSchema(schema)) continue;
    const { $ref, allOf, anyOf, oneOf, ...own } = schema;
    plain.push(own);
    queue.push(...toList(allOf));
    choices.push(...[anyOf, oneOf].filter((branches) => Array.isArray(branches)));
    if (typeof $ref === "string" && !followedRefs.has($ref)) {
      if (walk.openRefs.has($ref)) return undefined;
      followedRefs.add($ref);
      queue.push(resolveRef($ref, walk.root));
    }
  }
  const childWalk = {
    ...walk,
    openRefs: new Set([...walk.openRefs, ...followedRefs]),
    depth: walk.depth + 1,
  };
  const [choice, ...later] = choices;
  if (choice === undefined) return samplePlain(plain.reduce(mergeSchemas, {}), childWalk);
  const others = [...plain, ...later.map((anyOf) => ({ anyOf }))];
  return findFirstDefined(choice, (branch) => sample([...others, branch], childWalk));
}

function samplePlain(schema: JsonSchema, walk: Walk): unknown {
  for (const keyword of ["const", "default"]) {
    if (Object.hasOwn(schema, keyword)) return chargeBudget(schema[keyword], walk);
  }
  if (Array.isArray(schema["enum"])) return chargeBudget(schema["enum"][0], walk);
  return findFirstDefined(inferTypes(schema), (type) => {
    if (type === "object") return sampleObject(schema, walk);
    if (type === "array") return sampleArray(schema, walk);
    if (type === "string") return chargeBudget(sampleString(schema, walk.text), walk);
    if (type === "number" || type === "integer") return sampleNumber(schema, type);
    if (type === "boolean") return false;
    return type === "null" ? null : undefined;
  });
}

/** Returns an object with the required properties only. */
function sampleObject(schema: JsonSchema, walk: Walk): unknown {
  const properties = isSchema(schema["properties"]) ? schema["properties"] : {};
  const entries: [string, unknown][] = [];
  for (const name of toList(schema["required"])) {
    if (typeof name !== "string") continue;
    const property = Object.hasOwn(properties, name) ? properties[name] : schema["additionalProperties"];
    const value = sample([property], walk);
    if (value === undefined || chargeBudget(name, walk) === undefined) return undefined;
    entries.push([name, value]);
  }
  // Assignment would fail for a property named `__proto__`.
  return Object.fromEntries(entries);
}

/** Returns the items of the tuple, and as many more as `minItems` requires. */
function sampleArray(schema: JsonSchema, walk: Walk): unknown {
  const { prefixItems, items, additionalItems, minItems, maxItems } = schema;
  const [tuple, rest] = Array.isArray(items) ? [items, additionalItems] : [toList(prefixItems), items];
  const targetLength = Math.max(tuple.length, typeof minItems === "number" ? minItems : 0);
  const length = typeof maxItems === "number" ? Math.min(targetLength, maxItems) : targetLength;
  const values: unknown[] = [];
  while (values.length < length) {
    const value = sample([values.length < tuple.length ? tuple[values.length] : rest], walk);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

/** Merges two schemas, keyword by keyword, into one that requires both. */
function mergeSchemas(left: JsonSchema, right: JsonSchema): JsonSchema {
  const merged = Object.entries(right).map(([keyword, value]): [string, unknown] => [
    keyword,
    Object.hasOwn(left, keyword) ? mergeKeyword(keyword, left[keyword], value) : value,
  ]);
  return { ...left, ...Object.fromEntries(merged) };
}

function mergeKeyword(keyword: string, left: unknown, right: unknown): unknown {
  switch (keyword) {
    case "properties":
      return isSchema(left) && isSchema(right) ? mergeProperties(left, right) : right;
    case "items":
    case "additionalProperties":
      return { allOf: [left, right] };
    case "required":
      return [...new Set([...toList(left), ...toList(right)])];
    case "enum": {
      const allowed = new Set(toList(right));
      return toList(left).filter((value) => allowed.has(value));
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

function mergeProperties(left: JsonSchema, right: JsonSchema): JsonSchema {
  const merged = Object.entries(right).map(([name, schema]): [string, unknown] => [
    name,
    Object.hasOwn(left, name) ? { allOf: [left[name], schema] } : schema,
  ]);
  return { ...left, ...Object.fromEntries(merged) };
}

/** Returns the declared types, or the type that the schema's keywords imply. */
function inferTypes(schema: JsonSchema): readonly unknown[] {
  if (schema["type"] !== undefined) return [schema["type"]].flat();
  const hasAny = (...keywords: readonly string[]): boolean =>
    keywords.some((keyword) => Object.hasOwn(schema, keyword));
  if (hasAny("properties", "required", "additionalProperties")) return ["object"];
  if (hasAny("items", "prefixItems", "minItems", "maxItems")) return ["array"];
  if (hasAny("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")) return ["number"];
  return ["string"];
}

/** Resolves `#` and `#/…` only. Any other reference, and a missing target, is a schema that allows nothing. */
function resolveRef(ref: string, root: JsonSchema): unknown {
  if (ref !== "#" && !ref.startsWith("#/")) return false;
  let node: unknown = root;
  for (const step of ref.split("/").slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, key)) return false;
    node = (node as JsonSchema)[key];
  }
  return node;
}

/** Returns the value if the character budget allows it. */
function chargeBudget(value: unknown, { budget }: Walk): unknown {
  if (value === undefined || budget.characters < 0) return undefined;
  budget.characters -= JSON.stringify(value).length;
  return budget.characters < 0 ? undefined : value;
}

/** Counts the entries of a schema that have to be read and merged, without those of its subschemas. */
function countEntries(schema: unknown): number {
  if (!isSchema(schema)) return 1;
  const sizes = Object.values(schema).map((value) =>
    typeof value === "object" && value !== null ? 1 + Object.keys(value).length : 1,
  );
  return sizes.reduce((sum, size) => sum + size, 1);
}

function findFirstDefined(list: readonly unknown[], make: (item: unknown) => unknown): unknown {
  for (const item of list) {
    const value = make(item);
    if (value !== undefined) return value;
  }
  return undefined;
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const toList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
