/** Changes the unparsed tree of a configuration before it is validated. */
import { getAt, isPlainObject, type Path } from "./tree.ts";

/** A part of a tree that its holder may change. */
export type Draft = Record<string, unknown>;

/** Returns the object at `path`, to be changed in place. */
export function getDraft(tree: unknown, ...path: Path): Draft | undefined {
  const value = getAt(tree, ...path);
  return isPlainObject(value) ? value : undefined;
}

/** Replaces the value at `path`, in an object or in a list. Does nothing where neither is. */
export function replaceAt(tree: unknown, path: Path, value: unknown): void {
  const parent = getAt(tree, ...path.slice(0, -1));
  const key = path.at(-1);
  if (Array.isArray(parent) && typeof key === "number") parent[key] = value;
  else if (isPlainObject(parent)) (parent as Draft)[String(key)] = value;
}

/** Returns the object at `path`, and creates the missing ones on the way. Undefined if another value is in the way. */
export function ensureDraft(tree: unknown, ...path: readonly string[]): Draft | undefined {
  let node = getDraft(tree);
  for (const key of path) {
    if (node === undefined) return undefined;
    const child = (node[key] ??= {});
    node = isPlainObject(child) ? child : undefined;
  }
  return node;
}

/** Removes a key and returns its value. */
export function take(draft: Draft | undefined, key: string): unknown {
  if (draft === undefined) return undefined;
  const value = draft[key];
  delete draft[key];
  return value;
}

/** Appends entries to a list of the draft, which is created if it is missing. Any other value stays, for the validation. */
export function append(draft: Draft, key: string, entries: readonly unknown[]): void {
  const list = draft[key] ?? [];
  if (Array.isArray(list)) draft[key] = [...list, ...entries.filter((entry) => !list.includes(entry))];
}
