/** Every key of the original, one release: each is used, translated, ignored with a reason, or refused by name. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createConfigFile } from "../support/gateway/config-folder.ts";

/** Path and type of each key that is not part of a channel or a plugin. `*` is any name, `[]` an entry of a list. */
const keys = readFileSync(new URL("../fixtures/openclaw-keys-2026.9.6.tsv", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => {
    const [path = "", type = ""] = line.split("\t");
    return { path, type };
  });
const parents = new Set(keys.map(({ path }) => path.replace(/(?:\.[^.[]+|\[\])$/, "")));
const leaves = keys.filter(({ path }) => !parents.has(path));

/** A value of the type: the first choice, the smallest number, a word. */
function createValue(type: string): unknown {
  const choice = /'([^']+)'|^([a-z_-]+)\|/.exec(type);
  if (choice !== null) return choice[1] ?? choice[2];
  if (/integer|number/.test(type)) return 1;
  if (type.includes("boolean")) return false;
  if (type.includes("string")) return "x";
  return type.includes("array") ? [] : {};
}

/** Sets the value in the tree. A scalar on the way gives way to an object: some keys take either. */
function setValue(tree: Record<string, unknown>, path: string, value: unknown): void {
  const parts = path.replaceAll("[]", ".[]").split(".");
  let node: Record<string, unknown> | unknown[] = tree;
  for (const [index, part] of parts.entries()) {
    const key = part === "[]" ? 0 : part === "*" ? "x" : part;
    const holder = node as Record<string | number, unknown>;
    if (index === parts.length - 1) holder[key] ??= value;
    else {
      const next = parts[index + 1] === "[]" ? [] : {};
      if (typeof holder[key] !== "object" || Array.isArray(holder[key]) !== Array.isArray(next))
        holder[key] = next;
      node = holder[key] as typeof node;
    }
  }
}

const listIssues = (tree: unknown): readonly string[] => {
  const { load, readIssues } = createConfigFile(tree);
  try {
    load();
    return [];
  } catch {
    return readIssues();
  }
};

test("the list has the keys of the release", () => {
  expect(keys.length).toBeGreaterThan(2_400);
  expect(leaves.length).toBeGreaterThan(1_500);
});

test("a file with every key has no unknown one", () => {
  const tree: Record<string, unknown> = {};
  for (const { path, type } of leaves) setValue(tree, path, createValue(type));
  expect(listIssues(tree).filter((issue) => /unknown key/.test(issue))).toEqual([]);
});

/** In the whole file an error above a key could hide it. */
test("no key is unknown beside its siblings only", () => {
  const groups = Map.groupBy(leaves, ({ path }) => path.replace(/[^.]*$/, ""));
  const issues = [...groups.values()].flatMap((group) => {
    const tree: Record<string, unknown> = {};
    for (const { path, type } of group) setValue(tree, path, createValue(type));
    return listIssues(tree).filter((issue) => /unknown key/.test(issue));
  });
  expect(issues).toEqual([]);
});
