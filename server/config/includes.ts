/** `$include`: other files of the configuration's folder, merged where they are named. Keys beside it win. */
import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { checkKeys, errorCode, readConfigFile } from "./read-file.ts";
import { isTable, type Path, type Report, type Table } from "./tree.ts";

const maxDepth = 10;
/** Files in all; depth alone would let ten levels that each include twice read a thousand. */
const maxFiles = 100;

export function readWithIncludes(file: string, report: Report): unknown {
  let files = 0;
  let root = "";

  function readAt(path: Path, real: string, chain: readonly string[]): unknown {
    const name = chain.length === 0 ? "" : `in ${relative(root, real)}: `;
    const content = readConfigFile(real, (message) => report(path, name + message));
    return expand(checkKeys(content, path, report), path, [...chain, real]);
  }

  function expand(value: unknown, path: Path, chain: readonly string[]): unknown {
    if (Array.isArray(value)) return value.map((item, index) => expand(item, [...path, index], chain));
    if (!isTable(value)) return value;
    const { $include, ...rest } = value;
    const own = Object.fromEntries(
      Object.entries(rest).map(([key, item]) => [key, expand(item, [...path, key], chain)]),
    );
    if ($include === undefined) return own;

    const fail = (message: string): void => report([...path, "$include"], message);
    const names: readonly unknown[] = Array.isArray($include) ? $include : [$include];
    if (!names.every((name) => typeof name === "string" && name !== "")) {
      fail("expected a path or a list of paths");
      return own;
    }
    const included = names.map((name) => include(String(name), path, chain, fail));
    if (included.length === 1 && Object.keys(own).length === 0) return included[0];
    return [...included, own].reduce<Table>((merged, next, index) => {
      if (next === undefined || isTable(next)) return merge(merged, next ?? {});
      fail(`${JSON.stringify(names[index])} holds no object, so nothing can be merged with it`);
      return merged;
    }, {});
  }

  function include(
    name: string,
    path: Path,
    chain: readonly string[],
    fail: (message: string) => void,
  ): unknown {
    const quoted = JSON.stringify(name);
    let real: string;
    try {
      real = realpathSync(resolve(dirname(chain.at(-1)!), name));
    } catch (error) {
      return fail(`${quoted} cannot be read: ${errorCode(error)}`);
    }
    const inside = relative(root, real);
    if (inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      return fail(`${quoted} is outside the configuration's folder ${root}`);
    }
    if (chain.includes(real)) {
      const loop = [...chain.slice(chain.indexOf(real)), real].map((link) => basename(link));
      return fail(`${quoted} includes itself: ${loop.join(" → ")}`);
    }
    if (chain.length > maxDepth) return fail(`${quoted} is more than ${maxDepth} includes deep`);
    files += 1;
    if (files > maxFiles) return fail(`${quoted} is one file too many: at most ${maxFiles} are included`);
    return readAt(path, real, chain);
  }

  let real: string;
  try {
    real = realpathSync(file);
  } catch (error) {
    report([], `cannot be read: ${errorCode(error)}`);
    return undefined;
  }
  root = dirname(real);
  return readAt([], real, []);
}

/** Objects are merged key by key; of anything else the later one stands. */
function merge(base: Table, over: Table): Table {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const before = merged.get(key);
    merged.set(key, isTable(before) && isTable(value) ? merge(before, value) : value);
  }
  return Object.fromEntries(merged);
}
