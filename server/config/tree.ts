/** Reads and walks the unparsed tree of a configuration file. */

export type Path = readonly (string | number)[];
export type PlainObject = Readonly<Record<string, unknown>>;

/** Records an issue at a path. */
export type Report = (path: Path, message: string) => void;

export function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the value at `path`, or undefined. */
export function getAt(value: unknown, ...path: Path): unknown {
  let node = value;
  for (const part of path) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, part)) return undefined;
    node = (node as PlainObject)[part];
  }
  return node;
}

/** Returns the objects in an object or array with their keys. Any other value has none. */
export function listObjects(
  value: unknown,
): readonly (readonly [key: string | number, object: PlainObject])[] {
  const entries: readonly [string | number, unknown][] = Array.isArray(value)
    ? value.map((row, index) => [index, row])
    : isPlainObject(value)
      ? Object.entries(value)
      : [];
  return entries.filter((row): row is [string | number, PlainObject] => isPlainObject(row[1]));
}

/** Returns a copy with every string replaced by `map`. */
export function mapStrings(
  value: unknown,
  map: (text: string, path: Path) => string,
  path: Path = [],
): unknown {
  if (typeof value === "string") return map(value, path);
  if (Array.isArray(value)) return value.map((item, index) => mapStrings(item, map, [...path, index]));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapStrings(item, map, [...path, key])]),
  );
}

/** Whether `path` matches the segments of `pattern`. `*` matches any one segment. */
export function matchesPattern(path: Path, pattern: readonly string[]): boolean {
  return (
    pattern.length === path.length && pattern.every((part, i) => part === "*" || part === String(path[i]))
  );
}

/** Formats a path as `agents.list.0.model`. Unusual segments are quoted, long ones are cut. */
export function formatPath(path: Path): string {
  return path
    .map((part) => {
      const text = String(part);
      const short = text.length > 64 ? `${text.slice(0, 63)}…` : text;
      return /^[^\s\p{C}]+$/u.test(short) ? short : JSON.stringify(short);
    })
    .join(".");
}
