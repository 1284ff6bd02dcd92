/** `$include` merges other files of the configuration's folder. Keys beside `$include` override included ones. */
import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { checkKeys, describeErrorCode, parseConfigText, readConfigFile } from "./read-file.ts";
import { isPlainObject, type Path, type Report, type PlainObject } from "./tree.ts";

export const maxIncludeDepth = 10;
/** Limits all files together: ten levels that include two files each would read a thousand. */
export const maxIncludedFiles = 100;

interface ReadOptions {
  /** Called with each file, also with one that cannot be read. */
  readonly onRead?: ((file: string) => void) | undefined;
  /** The content to use instead of the first file's. */
  readonly text?: string | undefined;
}

export function readWithIncludes(
  file: string,
  report: Report,
  { onRead = () => {}, text }: ReadOptions = {},
): unknown {
  let fileCount = 0;
  let root = "";

  function readFileAt(path: Path, realFile: string, chain: readonly string[]): unknown {
    const name = chain.length === 0 ? "" : `in ${relative(root, realFile)}: `;
    const fail = (message: string): void => report(path, name + message);
    const isMainFile = chain.length === 0;
    const content =
      isMainFile && text !== undefined ? parseConfigText(text, fail) : readConfigFile(realFile, fail);
    return expand(checkKeys(content, path, report), path, [...chain, realFile]);
  }

  function expand(value: unknown, path: Path, chain: readonly string[]): unknown {
    if (Array.isArray(value)) return value.map((item, index) => expand(item, [...path, index], chain));
    if (!isPlainObject(value)) return value;
    const { $include, ...rest } = value;
    const ownKeys = Object.fromEntries(
      Object.entries(rest).map(([key, item]) => [key, expand(item, [...path, key], chain)]),
    );
    if ($include === undefined) return ownKeys;

    const fail = (message: string): void => report([...path, "$include"], message);
    const names: readonly unknown[] = Array.isArray($include) ? $include : [$include];
    if (!names.every((name) => typeof name === "string" && name !== "")) {
      fail("expected a path or a list of paths");
      return ownKeys;
    }
    const included = names.map((name) => include(String(name), path, chain, fail));
    if (included.length === 1 && Object.keys(ownKeys).length === 0) return included[0];
    return [...included, ownKeys].reduce<PlainObject>((merged, next, index) => {
      if (next === undefined || isPlainObject(next)) return merge(merged, next ?? {});
      fail(`${JSON.stringify(names[index])} is not an object, so it cannot be merged`);
      return merged;
    }, {});
  }

  function include(
    name: string,
    path: Path,
    chain: readonly string[],
    fail: (message: string) => void,
  ): unknown {
    const quotedName = JSON.stringify(name);
    const from = chain.at(-1)!;
    onRead(resolve(dirname(from), name));
    const located = locateInclude(name, from, root);
    if ("problem" in located) return fail(`${quotedName} ${located.problem}`);
    const { realFile } = located;
    if (chain.includes(realFile)) {
      const cycle = [...chain.slice(chain.indexOf(realFile)), realFile].map((member) => basename(member));
      return fail(`${quotedName} includes itself: ${cycle.join(" → ")}`);
    }
    if (chain.length > maxIncludeDepth)
      return fail(`${quotedName} is more than ${maxIncludeDepth} includes deep`);
    fileCount += 1;
    if (fileCount > maxIncludedFiles)
      return fail(`${quotedName} exceeds the limit of ${maxIncludedFiles} included files`);
    return readFileAt(path, realFile, chain);
  }

  let realFile: string;
  onRead(file);
  try {
    realFile = realpathSync(file);
  } catch (error) {
    if (text === undefined) {
      report([], `cannot be read: ${describeErrorCode(error)}`);
      return undefined;
    }
    realFile = file;
  }
  root = dirname(realFile);
  return readFileAt([], realFile, []);
}

/** Returns the real path of the file that `from` includes by this name, or the reason why it cannot be included. */
export function locateInclude(
  name: string,
  from: string,
  root: string,
): { readonly realFile: string } | { readonly problem: string } {
  let realFile: string;
  try {
    realFile = realpathSync(resolve(dirname(from), name));
  } catch (error) {
    return { problem: `cannot be read: ${describeErrorCode(error)}` };
  }
  const relativePath = relative(root, realFile);
  return relativePath === ".." || relativePath.startsWith(`..${sep}`) || isAbsolute(relativePath)
    ? { problem: `is outside the configuration's folder ${root}` }
    : { realFile };
}

/** Merges objects key by key. For any other value the later one wins. */
function merge(base: PlainObject, override: PlainObject): PlainObject {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(override)) {
    const existing = merged.get(key);
    merged.set(key, isPlainObject(existing) && isPlainObject(value) ? merge(existing, value) : value);
  }
  return Object.fromEntries(merged);
}
