/** Finds every bound of a request in openapi.yaml, with a value at its edge and one beyond it. */

/** The keywords of JSON Schema that the document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
}

export interface Bound {
  /** The field, as `param` of an error names it: `messages[0].content`. */
  readonly path: string;
  readonly keyword: string;
  readonly edge: unknown;
  readonly beyond: unknown;
}

type Wrap = (value: unknown) => unknown;

export interface BoundFinder {
  /** `base` has the other fields of an object. Each named schema is visited once. */
  find(schema: Schema, path?: string, base?: object): Generator<Bound>;
}

/** No text of a request reaches a longer maximum: the body's limit is smaller. */
const longestText = 1_000_000;

export function createBoundFinder(components: Readonly<Record<string, Schema>>): BoundFinder {
  const visited = new Set<string>();

  const resolve = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : resolve(components[schema.$ref.split("/").at(-1) ?? ""] ?? {});
  const branches = ({ anyOf, oneOf }: Schema): readonly Schema[] => anyOf ?? oneOf ?? [];
  const isOf = ({ type }: Schema, name: string): boolean => [type].flat().includes(name);

  /** Returns a small valid value. */
  function sample(reference: Schema): unknown {
    const schema = resolve(reference);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return schema.enum[0];
    const [branch] = branches(schema);
    if (branch !== undefined) return sample(branch);
    if (isOf(schema, "string")) return "a".repeat(Math.max(1, schema.minLength ?? 1));
    if (isOf(schema, "integer") || isOf(schema, "number")) return Math.max(0, schema.minimum ?? 0);
    if (isOf(schema, "boolean")) return false;
    if (isOf(schema, "array"))
      return Array.from({ length: schema.minItems ?? 0 }, () => sample(schema.items ?? {}));
    if (!isOf(schema, "object")) return null;
    return Object.fromEntries(
      (schema.required ?? []).map((key) => [key, sample(schema.properties?.[key] ?? {})]),
    );
  }

  function* walk(reference: Schema, path: string, wrap: Wrap, base?: object): Generator<Bound> {
    if (reference.$ref !== undefined) {
      if (visited.has(reference.$ref)) return;
      visited.add(reference.$ref);
    }
    const schema = resolve(reference);
    const bound = (keyword: string, edge: unknown, beyond: unknown): Bound => ({
      path,
      keyword,
      edge: wrap(edge),
      beyond: wrap(beyond),
    });
    for (const branch of branches(schema)) yield* walk(branch, path, wrap);
    if (isOf(schema, "string")) yield* findTextBounds(schema, bound);
    if (isOf(schema, "integer") || isOf(schema, "number")) yield* findNumberBounds(schema, bound);
    if (isOf(schema, "array")) {
      const { items = {}, minItems = 0, maxItems } = schema;
      const list = (length: number): unknown => Array.from({ length }, () => sample(items));
      if (maxItems !== undefined) yield bound("maxItems", list(maxItems), list(maxItems + 1));
      if (minItems > 0) yield bound("minItems", list(minItems), list(minItems - 1));
      yield* walk(items, `${path}[0]`, (value) => wrap([value]));
    }
    if (!isOf(schema, "object")) return;
    const other = base ?? (sample(reference) as object);
    const join = (key: string): string => (path === "" ? key : `${path}.${key}`);
    for (const [key, property] of Object.entries(schema.properties ?? {}))
      yield* walk(property, join(key), (value) => wrap({ ...other, [key]: value }));
    const { additionalProperties: values, maxProperties } = schema;
    if (typeof values === "object") yield* walk(values, join("key"), (value) => wrap({ key: value }));
    if (maxProperties !== undefined) {
      const pairs = (length: number): unknown =>
        Object.fromEntries(Array.from({ length }, (_, index) => [`key${index}`, "a"]));
      yield bound("maxProperties", pairs(maxProperties), pairs(maxProperties + 1));
    }
  }

  return { find: (schema, path = "", base) => walk(schema, path, (value) => value, base) };
}

/** An integer without a minimum and a maximum: no client and no server can hold every number. */
export const missingBound = "minimum or maximum";

type CreateBound = (keyword: string, edge: unknown, beyond: unknown) => Bound;

function* findTextBounds(
  { minLength = 0, maxLength, pattern, enum: choices }: Schema,
  bound: CreateBound,
): Generator<Bound> {
  if (choices !== undefined) return;
  if (maxLength !== undefined && maxLength < longestText)
    yield bound("maxLength", "a".repeat(maxLength), "a".repeat(maxLength + 1));
  if (minLength > 0) yield bound("minLength", "a".repeat(minLength), "a".repeat(minLength - 1));
  if (pattern !== undefined) {
    const matching = new RegExp(pattern, "u");
    const outside = ["a b", "function"].find((text) => !matching.test(text));
    yield bound("pattern", "a", outside ?? Number.NaN);
  }
}

function* findNumberBounds({ type, minimum, maximum }: Schema, bound: CreateBound): Generator<Bound> {
  const step = (limit: number): number => (Math.abs(limit) >= Number.MAX_SAFE_INTEGER ? Math.abs(limit) : 1);
  if (maximum !== undefined) yield bound("maximum", maximum, maximum + step(maximum));
  if (minimum !== undefined) yield bound("minimum", minimum, minimum - step(minimum));
  if ([type].flat().includes("integer") && (minimum === undefined || maximum === undefined))
    yield bound(missingBound, 0, 0);
}
