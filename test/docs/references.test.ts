/** Files, headings, scripts, error codes, dependencies and examples that the documents name exist. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { errorTable } from "../../contracts/errors.ts";
import { packageRoot } from "../../server/lib/package.ts";
import {
  findAnchors,
  documents,
  removeBlocks,
  findRelativeLinks,
  type MarkdownDocument,
} from "../support/documents/markdown.ts";

interface Package {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");
const readPackage = (path: string): Package => JSON.parse(read(path)) as Package;
const rooms = "contracts|server|cli|clients|generated|test|scripts|docs|examples";

/** Returns the results of `find` in each document, with the document's path. */
const forEachDocument = (find: (document: MarkdownDocument) => readonly string[]): readonly string[] =>
  documents.flatMap((document) => find(document).map((found) => `${document.path}: ${found}`));

test("links point to existing files and headings", () => {
  const brokenLinks = forEachDocument((document) =>
    findRelativeLinks(document).filter((link) => !hasTarget(document, link)),
  );
  expect(brokenLinks).toEqual([]);
});

function hasTarget(from: MarkdownDocument, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? from.path : join(dirname(from.path), path);
  const linkedDocument = documents.find((document) => document.path === target);
  if (anchor !== undefined)
    return linkedDocument !== undefined && findAnchors(linkedDocument).includes(anchor);
  return existsSync(join(packageRoot, target));
}

test("named files and folders exist", () => {
  const missing = forEachDocument((document) =>
    [...removeBlocks(document).matchAll(new RegExp(`\`((?:${rooms})/[\\w./-]*)\``, "g"))]
      .map(([, path = ""]) => path)
      .filter((path) => !existsSync(join(packageRoot, path))),
  );
  expect(missing).toEqual([]);
});

test("named npm scripts exist", () => {
  const { scripts } = readPackage("package.json");
  const missing = forEachDocument(({ text }) =>
    [...text.matchAll(/\bnpm (?:run (?:--\S+ )*([\w:-]+)|(start|test)\b)/g)]
      .map(([, run, own]) => run ?? own ?? "")
      .filter((name) => !(name in scripts)),
  );
  expect(missing).toEqual([]);
});

/** Returns the error codes in the tables of a document, with their status. */
const errorRows = (path: string): ReadonlyMap<string, number> =>
  new Map(
    [...read(path).matchAll(/^\| `(\w+)` +\| (\d{3}) +\|/gm)].map(([, code = "", status]) => [
      code,
      Number(status),
    ]),
  );

test("the README's errors are those of the error table", () => {
  const rows = errorRows("README.md");
  expect(rows.size).toBeGreaterThan(0);
  for (const [code, status] of rows) {
    expect(errorTable, code).toHaveProperty(code);
    expect(errorTable[code as keyof typeof errorTable].status, code).toBe(status);
  }
});

test("the guide to errors has every code", () => {
  const codes = Object.entries(errorTable).map(([code, { status }]) => [code, status] as const);
  expect(Object.fromEntries(errorRows("docs/guides/errors.md"))).toEqual(Object.fromEntries(codes));
});

test("the README links to every example", () => {
  const linkedPaths = [...read("README.md").matchAll(/\((examples\/[\w-]+\.\w+)\)/g)].map(([, path]) => path);
  const existingPaths = globSync("examples/*.*", { cwd: packageRoot });
  expect(new Set(linkedPaths)).toEqual(new Set(existingPaths));
});

test("every dependency has its reason", () => {
  const reasons = [...read("docs/decisions/0002-dependencies.md").matchAll(/^- `(.+?)`/gm)].map(
    ([, name]) => name,
  );
  const packages = [
    readPackage("package.json"),
    readPackage("clients/typescript/package.json"),
    readPackage("clients/web/package.json"),
  ];
  const names = packages.flatMap(({ dependencies = {}, devDependencies = {}, peerDependencies = {} }) => [
    ...Object.keys(dependencies),
    ...Object.keys(devDependencies),
    ...Object.keys(peerDependencies),
  ]);
  // The page uses the client of this repository.
  expect(new Set(reasons)).toEqual(new Set(names.filter((name) => name !== "openclaw-gateway-client")));
});
