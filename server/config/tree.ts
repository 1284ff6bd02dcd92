/** Walking what a configuration file holds, before it has a type. */

export type Path = readonly (string | number)[];
export type Table = Readonly<Record<string, unknown>>;

/** Takes an issue: where it is, and what is wrong there. */
export type Report = (path: Path, message: string) => void;

export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at `path`, or undefined. */
export function at(value: unknown, ...path: Path): unknown {
  let here = value;
  for (const part of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, part)) return undefined;
    here = (here as Table)[part];
  }
  return here;
}

/** The named or numbered tables within a table or list; anything else has none. */
export function tables(value: unknown): readonly (readonly [key: string | number, table: Table])[] {
  const rows: readonly [string | number, unknown][] = Array.isArray(value)
    ? value.map((row, index) => [index, row])
    : isTable(value)
      ? Object.entries(value)
      : [];
  return rows.filter((row): row is [string | number, Table] => isTable(row[1]));
}

/** A copy with every text replaced by what `map` makes of it. */
export function mapTexts(
  value: unknown,
  map: (text: string, path: Path) => string,
  path: Path = [],
): unknown {
  if (typeof value === "string") return map(value, path);
  if (Array.isArray(value)) return value.map((item, index) => mapTexts(item, map, [...path, index]));
  if (!isTable(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapTexts(item, map, [...path, key])]),
  );
}

/** Does `path` fit the parts of a pattern, in which `*` is any one part? */
export function matches(path: Path, pattern: readonly string[]): boolean {
  return (
    pattern.length === path.length && pattern.every((part, i) => part === "*" || part === String(path[i]))
  );
}
