/** Edits of a JSON5 file that keep its comments. */
import * as fc from "fast-check";
import JSON5 from "json5";
import { describe, expect, test } from "vitest";
import { editJson5, replaceAt } from "../../server/config/edit-json5.ts";
import type { Path } from "../../server/config/tree.ts";

const source = `// The gateway of the office.
{
  gateway: {
    port: 18789, // the usual one
    bind: "loopback",
  },
  /* Two agents. */
  agents: { list: [{ id: "main" }, { id: 'coder' }] },
}
`;

test.each<[string, Path, unknown, string]>([
  ["a value", ["gateway", "port"], 8080, source.replace("18789", "8080")],
  [
    "a setting that is new",
    ["gateway", "auth", "mode"],
    "token",
    source.replace('"loopback",\n', '"loopback",\n    auth: {\n      mode: "token",\n    },\n'),
  ],
  [
    "a member of a list",
    ["agents", "list", 1, "name"],
    "C",
    source.replace("'coder' }", "'coder', name: \"C\" }"),
  ],
  [
    "one more member of a list",
    ["agents", "list", 2],
    "x",
    source.replace("'coder' }]", "'coder' }, \"x\"]"),
  ],
  ["a removed line", ["gateway", "bind"], undefined, source.replace('    bind: "loopback",\n', "")],
  [
    "a removed first value",
    ["gateway", "port"],
    undefined,
    source.replace("    port: 18789, // the usual one\n", "     // the usual one\n"),
  ],
  ["a removed member of a list", ["agents", "list", 1], undefined, source.replace(", { id: 'coder' }", " ")],
  ["nothing that is there", ["tools", "deny"], undefined, source],
])("%s changes nothing else", (_, path, value, expected) => {
  expect(editJson5(source, [{ path, value }])).toBe(expected);
});

test("a file that does not exist yet is made", () => {
  expect(editJson5("", [{ path: ["tools", "deny"], value: ["exec"] }])).toBe(
    '{\n  tools: {\n    deny: [\n      "exec",\n    ],\n  },\n}\n',
  );
});

test("a path through a value that has no members is an error", () => {
  expect(() => editJson5(source, [{ path: ["gateway", "port", "x"], value: 1 }])).toThrow(
    "gateway.port is not an object",
  );
  expect(() => editJson5(source, [{ path: ["agents", "list", 7], value: 1 }])).toThrow("agents.list.7");
});

describe("any file", () => {
  const space = fc.constantFrom(
    "",
    " ",
    "\n  ",
    "\t",
    "\r\n",
    "// c1\n",
    "/* c2 */",
    "/* , } */",
    "// '\"{\n",
    "\u2028",
  );
  const key = fc.oneof(
    fc.constantFrom("a", "b", "$x", "_y", "__z"),
    fc.string({ maxLength: 4 }).map((text) => `k${text}`),
  );
  const literal = fc.oneof(
    fc.constantFrom(
      "1",
      "-0",
      "true",
      "null",
      "0x1F",
      ".5",
      "5.",
      "+1",
      "-Infinity",
      "NaN",
      "1e3",
      "'it\\'s // no'",
      "'\\\n'",
    ),
    fc.string({ maxLength: 5 }).map((text) => JSON.stringify(text)),
  );
  const quoteKey = (name: string, quote: string): string => {
    if (quote === "" && /^[A-Za-z_$][\w$]*$/.test(name)) return name;
    const inner = JSON.stringify(name).slice(1, -1);
    return quote === "'" ? `'${inner.replaceAll('\\"', '"').replaceAll("'", "\\'")}'` : `"${inner}"`;
  };
  const document = fc.letrec<{ value: string; object: string; list: string }>((tie) => ({
    value: fc.oneof({ depthSize: "small" }, literal, tie("object"), tie("list")),
    object: fc
      .tuple(
        fc.array(fc.tuple(key, fc.constantFrom("", "'", '"'), tie("value"), space, space, space, space), {
          maxLength: 4,
        }),
        fc.boolean(),
        space,
      )
      .map(([members, hasComma, end]) => {
        const texts = members.map(
          ([name, quote, value, a, b, c, d]) => `${a}${quoteKey(name, quote)}${b}:${c}${value}${d}`,
        );
        return `{${texts.join(",")}${hasComma && texts.length > 0 ? "," : ""}${end}}`;
      }),
    list: fc
      .tuple(fc.array(fc.tuple(space, tie("value"), space), { maxLength: 3 }), fc.boolean(), space)
      .map(([members, hasComma, end]) => {
        const texts = members.map((parts) => parts.join(""));
        return `[${texts.join(",")}${hasComma && texts.length > 0 ? "," : ""}${end}]`;
      }),
  })).object;
  const text = fc.tuple(space, document, space).map((parts) => parts.join(""));
  /** A path that exists, or that ends one level below an object. */
  const listPaths = (tree: unknown, path: Path = []): readonly Path[] => {
    if (typeof tree !== "object" || tree === null) return [path];
    const entries: readonly [string | number, unknown][] = Array.isArray(tree)
      ? tree.map((item: unknown, index) => [index, item])
      : Object.entries(tree);
    const below = entries.flatMap(([name, item]) => listPaths(item, [...path, name]));
    return [
      ...(path.length === 0 ? [] : [path]),
      ...below,
      [...path, Array.isArray(tree) ? tree.length : "new key"],
    ];
  };
  const countComments = (content: string): number => content.split(/c[12]\b/).length;

  test.each([
    ["set", { z: [1, "s", { y: null }] }],
    ["set to a scalar", 7],
    ["removed", undefined],
  ])("gets exactly the value that is %s", (_, value) => {
    fc.assert(
      fc.property(text, fc.nat(), (content, choice) => {
        const tree = JSON5.parse<unknown>(content);
        const paths = listPaths(tree);
        const path = paths[choice % paths.length] ?? ["new key"];
        const edited = editJson5(content, [{ path, value }]);
        expect(JSON5.parse(edited)).toEqual(replaceAt(tree, path, value));
      }),
      { numRuns: 500 },
    );
  });

  test("keeps every comment outside the value", () => {
    fc.assert(
      fc.property(text, fc.nat(), (content, choice) => {
        const paths = listPaths(JSON5.parse<unknown>(content)).filter((path) => path.at(-1) === "new key");
        const path = paths[choice % paths.length] ?? ["new key"];
        const added = editJson5(content, [{ path, value: 7 }]);
        expect(countComments(added)).toBe(countComments(content));
        expect(countComments(editJson5(added, [{ path, value: undefined }]))).toBe(countComments(content));
      }),
      { numRuns: 500 },
    );
  });
});
