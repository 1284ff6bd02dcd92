/** The origins of the configuration's values: the lines of its files, and the variables that they name. */
import { realpathSync } from "node:fs";
import { dirname, relative } from "node:path";
import JSON5 from "json5";
import { readSpans, type ValueSpan } from "./edit-json5.ts";
import { locateInclude, maxIncludeDepth, maxIncludedFiles } from "./includes.ts";
import { readConfigText } from "./read-file.ts";
import { formatPath, type Path } from "./tree.ts";

export interface Origin {
  /** Dotted name of the setting. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** The included file, relative to the folder of the configuration. Absent for the file itself. */
  readonly file?: string;
  /** Environment variables that the value names. */
  readonly variables: readonly string[];
}

/** A value of a file. The origin of an object or a list is that of its members. */
interface Node {
  readonly origin: Omit<Origin, "path">;
  readonly isObject: boolean;
  readonly members: ReadonlyMap<string | number, Node>;
}

const variablePattern = /(?<!\$)\$\{([A-Z_][A-Z0-9_]*)\}/g;

/**
 * Lists the values without members, of the file and of the files that it includes, as they are merged. A setting that is in no
 * file has its default. An included file that cannot be read has no values. Throws when a text is not JSON5.
 */
export function listOrigins(file: string, text: string): readonly Origin[] {
  if (text.trim() === "") return [];
  const mainFile = resolveLinks(file);
  const root = dirname(mainFile);
  let fileCount = 0;

  function readFile(realFile: string, content: string, depth: number): Node {
    const lineStarts = [0, ...[...content.matchAll(/\n/g)].map(({ index }) => index + 1)];
    const includedFile = realFile === mainFile ? {} : { file: relative(root, realFile) };

    const toNode = ({ members = [], isList = false, start, end }: ValueSpan): Node => {
      const include = isList ? undefined : members.find(({ key }) => key === "$include")?.value;
      const own = members.filter(({ value }) => value !== include);
      const node = {
        origin: {
          line: lineStarts.findLastIndex((lineStart) => lineStart <= start) + 1,
          ...includedFile,
          variables: [...content.slice(start, end).matchAll(variablePattern)].map(([, name = ""]) => name),
        },
        isObject: content[start] === "{",
        members: new Map(own.map(({ key, value }) => [key, toNode(value)] as const)),
      };
      if (include === undefined) return node;
      const names = [JSON5.parse<unknown>(content.slice(include.start, include.end))].flat();
      const included = names.flatMap((name) => readIncluded(String(name), realFile, depth + 1));
      const nodes = own.length === 0 && included.length > 0 ? included : [...included, node];
      return nodes.reduce(merge);
    };
    return toNode(readSpans(content));
  }

  function readIncluded(name: string, from: string, depth: number): readonly Node[] {
    fileCount += 1;
    const located = locateInclude(name, from, root);
    if (depth > maxIncludeDepth || fileCount > maxIncludedFiles || "problem" in located) return [];
    const content = readConfigText(located.realFile, () => {});
    return content === undefined ? [] : [readFile(located.realFile, content, depth)];
  }

  const flatten = ({ members, origin }: Node, path: Path): readonly Origin[] =>
    members.size > 0
      ? [...members].flatMap(([key, member]) => flatten(member, [...path, key]))
      : [{ path: formatPath(path), ...origin }];
  return flatten(readFile(mainFile, text, 0), []);
}

/** Merges as `readWithIncludes` does: objects key by key; of other values the later one wins. */
function merge(base: Node, override: Node): Node {
  if (!base.isObject || !override.isObject) return override;
  const members = new Map(base.members);
  for (const [key, member] of override.members) {
    const existing = members.get(key);
    members.set(key, existing === undefined ? member : merge(existing, member));
  }
  return { ...override, members };
}

function resolveLinks(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
