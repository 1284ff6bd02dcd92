/** The settings of the configuration as a list: names, values, and what the schema says about each. */

export interface Setting {
  /** Dotted name. */
  readonly path: string;
  readonly value: unknown;
  readonly description: string;
}

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

type Tree = Readonly<Record<string, unknown>>;

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Every value of the configuration, and the settings of the schema that it has not. */
export function listSettings(config: Tree, root: Tree): readonly Setting[] {
  const visit = (schema: Schema | undefined, value: unknown, path: readonly string[]): readonly Setting[] => {
    const resolved = resolve(schema, root);
    const names = new Set([
      ...Object.keys(isTree(value) ? value : {}),
      ...Object.keys(resolved?.properties ?? {}),
    ]);
    const isBranch = isTree(value)
      ? names.size > 0
      : value === undefined && names.size > 0 && path.length < 4;
    if (!isBranch)
      return [
        {
          path: path.map(formatName).join("."),
          value,
          description: (schema?.description ?? resolved?.description ?? "").replaceAll("`", ""),
        },
      ];
    const { additionalProperties } = resolved ?? {};
    const others = typeof additionalProperties === "object" ? additionalProperties : undefined;
    return [...names].flatMap((name) =>
      visit(resolved?.properties?.[name] ?? others, isTree(value) ? value[name] : undefined, [...path, name]),
    );
  };
  return visit(root, config, []);
}

/** Follows references; of several forms the one with properties says most. */
function resolve(schema: Schema | undefined, root: Schema): Schema | undefined {
  if (schema === undefined) return undefined;
  const name = /^#\/\$defs\/(.+)$/.exec(schema.$ref ?? "")?.[1];
  if (name !== undefined) return resolve(root.$defs?.[name], root);
  const forms = (schema.anyOf ?? schema.oneOf ?? []).map((form) => resolve(form, root));
  return forms.find((form) => form?.properties !== undefined) ?? schema;
}

const formatName = (name: string): string => (/^[\w$-]+$/.test(name) ? name : JSON.stringify(name));

/** A merge patch that sets this setting. Null removes it. */
export function toPatch(path: string, value: unknown): string {
  const names = [...path.matchAll(/"(?:[^"\\]|\\.)*"|[^.]+/g)].map(([name]) =>
    name.startsWith('"') ? (JSON.parse(name) as string) : name,
  );
  return JSON.stringify(names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value));
}
