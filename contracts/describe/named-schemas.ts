/** Gives every object, union and enumeration of the document a name, because generators make a type of each. */

type Node = Readonly<Record<string, unknown>>;
export type Schemas = Readonly<Record<string, Node>>;

const nullType = { type: "null" } as const;
const prefix = "#/components/schemas/";

/**
 * Zod drops a schema's id when `.describe()` or `.nullable()` copies the schema, so the document has a copy. Returns the schemas
 * with references in the place of copies. Throws for an object, a union or an enumeration without a name.
 */
export function nameSchemas(schemas: Schemas): Schemas {
  // A copy is recognized once its own parts are references: one round for each level.
  for (let current = schemas; ;) {
    const names = new Map(Object.entries(current).map(([name, schema]) => [toKey(schema) ?? name, name]));
    const next = mapValues(current, (schema) =>
      mapParts(schema, (part) => toReference(part, names, current)),
    );
    if (JSON.stringify(next) !== JSON.stringify(current)) {
      current = next;
      continue;
    }
    const unnamed = Object.entries(next).flatMap(([name, schema]) => listUnnamedParts(schema, name));
    if (unnamed.length === 0) return next;
    throw new Error(`Give these schemas a name with .meta({ id }):\n${unnamed.join("\n")}`);
  }
}

/** Returns the schemas that the rest of the document refers to, directly or through other schemas. */
export function selectReferencedSchemas(schemas: Schemas, rest: unknown): Schemas {
  const used = new Set<string>();
  const visit = (value: unknown): void => {
    for (const [, name] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (name === undefined || used.has(name)) continue;
      used.add(name);
      visit(schemas[name]);
    }
  };
  visit(rest);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
}

/** Generators write enumerations of strings: an enumeration of one boolean rejects its own value in their clients. */
function excludeOtherBoolean({ enum: values, ...part }: Node): Node {
  return { ...part, not: { enum: [!(values as readonly boolean[])[0]] } };
}

function toReference(part: Node, names: ReadonlyMap<string, string>, schemas: Schemas): Node {
  if (part["$ref"] !== undefined) return part;
  if (part["type"] === "boolean" && isSingleValue(part)) return excludeOtherBoolean(part);
  const { schema, isNullable } = splitNull(part);
  const name = names.get(toKey(schema) ?? "");
  const description = part["description"];
  if (name === undefined) return isNullable && isSingleValue(schema) ? toNullable(schema, description) : part;
  const ref = { $ref: `${prefix}${name}` };
  if (isNullable) return toNullable(ref, description);
  return description === schemas[name]?.["description"] ? ref : { ...ref, description };
}

const toNullable = (schema: Node, description: unknown): Node => {
  const { description: _outside, ...bare } = schema;
  return { anyOf: [bare, nullType], ...(description !== undefined && { description }) };
};

const isSingleValue = ({ enum: values }: Node): boolean => Array.isArray(values) && values.length === 1;

/** Separates `null` from a schema: from its types, or from the members of its union. */
function splitNull(schema: Node): { readonly schema: Node; readonly isNullable: boolean } {
  const { type, enum: values, ...rest } = schema;
  if (Array.isArray(type) && type.includes("null")) {
    const [only, ...others] = type.filter((each) => each !== "null");
    const options = Array.isArray(values) && { enum: values.filter((each) => each !== null) };
    return {
      schema: { type: others.length === 0 ? only : [only, ...others], ...options, ...rest },
      isNullable: true,
    };
  }
  for (const keyword of ["anyOf", "oneOf"]) {
    const members = schema[keyword];
    if (!Array.isArray(members)) continue;
    const others = (members as readonly Node[]).filter((each) => each["type"] !== "null");
    if (others.length === members.length) continue;
    return {
      schema: others.length === 1 ? { ...others[0] } : { ...schema, [keyword]: others },
      isNullable: true,
    };
  }
  return { schema, isNullable: false };
}

/** Returns the same text for a schema and its copies. Only objects, unions and enumerations have one. */
function toKey(schema: Node): string | undefined {
  const { description: _text, discriminator: _tag, ...shape } = schema;
  const isNameable = isObject(shape) || isUnion(shape) || isEnumeration(shape);
  const entries = Object.entries(shape).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return isNameable ? JSON.stringify(entries) : undefined;
}

const isObject = ({ properties }: Node): boolean => properties !== undefined;
const isUnion = ({ anyOf, oneOf }: Node): boolean => (anyOf ?? oneOf) !== undefined;
const isEnumeration = ({ enum: values }: Node): boolean => Array.isArray(values) && values.length > 1;

/** Applies a function to the parts of a schema, innermost first. */
function mapParts(schema: Node, convert: (part: Node) => Node): Node {
  const mapPart = (part: unknown): unknown => (isNode(part) ? convert(mapParts(part, convert)) : part);
  return mapValues(schema, (value, keyword) => {
    if (keyword === "properties") return mapValues(value as Node, mapPart);
    // The generator for Go makes an invalid name of `{}`.
    if (keyword === "additionalProperties" && JSON.stringify(value) === "{}") return true;
    if (keyword === "items" || keyword === "additionalProperties") return mapPart(value);
    return Array.isArray(value) && /^(?:any|one|all)Of$/.test(keyword) ? value.map(mapPart) : value;
  });
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;

const mapValues = <V, W>(
  values: Readonly<Record<string, V>>,
  convert: (value: V, key: string) => W,
): Readonly<Record<string, W>> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, convert(value, key)]));

function listUnnamedParts(schema: Node, name: string): readonly string[] {
  const unnamed: string[] = [];
  mapParts(schema, (part) => {
    const { schema: present, isNullable } = splitNull(part);
    const isReference = isNullable && present["$ref"] !== undefined;
    if (!isReference && toKey(present) !== undefined)
      unnamed.push(`${name}: ${JSON.stringify(part).slice(0, 120)}`);
    return part;
  });
  return unnamed;
}
