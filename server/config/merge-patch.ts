/** Translates a merge patch (RFC 7396) of the configuration into edits. Lists of objects with an `id` are merged by it. */
import type { Edit } from "./edit-json5.ts";
import { formatPath, isPlainObject, getAt, type Path, type PlainObject } from "./tree.ts";

/** `replacePaths` are dotted names of lists that are replaced as a whole. */
export function toEdits(
  current: unknown,
  patch: unknown,
  replacePaths: readonly string[],
  path: Path = [],
): readonly Edit[] {
  if (isPlainObject(patch) && (path.length === 0 || isPlainObject(current))) {
    return Object.entries(patch).flatMap(([key, value]) =>
      value === null
        ? [{ path: [...path, key], value: undefined }]
        : toEdits(getAt(current, key), value, replacePaths, [...path, key]),
    );
  }
  if (isListOfRows(current) && isListOfRows(patch) && !replacePaths.includes(formatPath(path))) {
    let length = current.length;
    return patch.flatMap((row) => {
      const index = current.findIndex(({ id }) => id === row["id"]);
      if (index >= 0) return toEdits(current[index], row, replacePaths, [...path, index]);
      return [{ path: [...path, length++], value: withoutNulls(row) }];
    });
  }
  return [{ path, value: withoutNulls(patch) }];
}

/** In an object that does not exist yet, null removes nothing. Lists go as they are. */
function withoutNulls(value: unknown): unknown {
  if (!isPlainObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member)]));
}

function isListOfRows(value: unknown): value is readonly PlainObject[] {
  return Array.isArray(value) && value.every((row) => isPlainObject(row) && typeof row["id"] === "string");
}
