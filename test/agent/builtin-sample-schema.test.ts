import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { sampleSchema } from "../../server/agent/models/builtin/sample-schema.ts";

const ajv = new Ajv2020({ strict: false, validateFormats: false });

type Row = readonly [title: string, schema: Record<string, unknown>, sample: unknown];

const node = {
  type: "object",
  properties: { name: { type: "string" }, next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
  required: ["name", "next"],
};

const rows: readonly Row[] = [
  ["anything", {}, "example"],
  ["a string", { type: "string" }, "example"],
  ["a long string", { type: "string", minLength: 9 }, "examplexx"],
  ["a short string, in code points", { type: "string", maxLength: 2 }, "ex"],
  ["a string by its keywords' default type", { minLength: 1 }, "example"],
  ["a date", { type: "string", format: "date" }, "2000-01-01"],
  ["a moment", { type: "string", format: "date-time" }, "2000-01-01T00:00:00Z"],
  ["an address", { type: "string", format: "email" }, "ada@example.com"],
  ["a link", { type: "string", format: "uri" }, "https://example.com/"],
  ["a uuid", { type: "string", format: "uuid" }, "00000000-0000-4000-8000-000000000000"],
  ["an unknown format", { type: "string", format: "toString" }, "example"],
  ["a number", { type: "number" }, 0],
  ["an integer", { type: "integer" }, 0],
  ["a minimum", { type: "integer", minimum: 3 }, 3],
  ["a broken minimum of an integer", { type: "integer", minimum: 2.5 }, 3],
  ["a maximum below zero", { type: "integer", maximum: -7 }, -7],
  ["an exclusive minimum", { type: "integer", exclusiveMinimum: 3 }, 4],
  ["an exclusive maximum", { type: "integer", exclusiveMaximum: 0 }, -1],
  ["a number between two neighbours", { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }, 0.5],
  ["a multiple", { type: "integer", minimum: 11, multipleOf: 5 }, 15],
  ["a broken multiple", { type: "number", minimum: 0.3, multipleOf: 0.25 }, 0.5],
  ["a broken multiple that is an integer", { type: "integer", minimum: 1, multipleOf: 1.5 }, 3],
  ["a number by its keywords", { minimum: 2 }, 2],
  ["a boolean", { type: "boolean" }, false],
  ["null", { type: "null" }, null],
  ["the first of several types", { type: ["string", "null"] }, "example"],
  ["the possible one of several types", { type: ["integer", "null"], minimum: 2, maximum: 1 }, null],
  ["a constant", { const: { a: 1 } }, { a: 1 }],
  ["an enumeration", { type: "string", enum: ["red", "green"] }, "red"],
  ["a default", { type: "integer", default: 7 }, 7],
  ["an object without required properties", { type: "object", properties: { a: { type: "string" } } }, {}],
  [
    "an object with required properties",
    {
      type: "object",
      properties: { a: { type: "string" }, b: { type: "integer" }, c: {} },
      required: ["a", "b"],
    },
    { a: "example", b: 0 },
  ],
  ["an object by its keywords", { properties: { a: { type: "null" } }, required: ["a"] }, { a: null }],
  [
    "a property described by the others'",
    { required: ["z"], additionalProperties: { type: "integer" } },
    { z: 0 },
  ],
  ["an array", { type: "array", items: { type: "string" } }, []],
  ["an array with items", { type: "array", items: { type: "integer" }, minItems: 2 }, [0, 0]],
  [
    "a tuple",
    { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }], items: false },
    ["example", 0],
  ],
  ["a tuple and more", { prefixItems: [{ const: 1 }], items: { const: 2 }, minItems: 3 }, [1, 2, 2]],
  ["a tuple that is cut", { prefixItems: [{ const: 1 }, { const: 2 }], maxItems: 1 }, [1]],
  ["any of", { anyOf: [{ type: "integer", minimum: 1 }, { type: "string" }] }, 1],
  ["any possible of", { anyOf: [false, { type: "boolean" }] }, false],
  [
    "one of, with a base",
    { type: "object", required: ["k"], oneOf: [{ properties: { k: { const: "a" } } }] },
    { k: "a" },
  ],
  [
    "two choices at once",
    { anyOf: [{ required: ["a"] }], oneOf: [{ required: ["b"] }], type: "object" },
    { a: "example", b: "example" },
  ],
  [
    "all of",
    {
      allOf: [
        { type: "object", properties: { n: { type: "integer", minimum: 2 } }, required: ["n"] },
        { properties: { n: { minimum: 5 }, m: { type: "string" } }, required: ["m"] },
      ],
    },
    { n: 5, m: "example" },
  ],
  ["all of several types", { allOf: [{ type: ["string", "integer"] }, { type: ["integer", "null"] }] }, 0],
  ["all of two enumerations", { allOf: [{ enum: [1, 2] }, { enum: [2, 3] }] }, 2],
  ["a reference", { $ref: "#/$defs/n", $defs: { n: { type: "integer", minimum: 1 } } }, 1],
  [
    "a reference with a bound beside it",
    { $ref: "#/$defs/n", minimum: 4, $defs: { n: { type: "integer" } } },
    4,
  ],
  [
    "the same reference twice",
    { allOf: [{ $ref: "#/$defs/n" }, { $ref: "#/$defs/n" }], $defs: { n: { const: 1 } } },
    1,
  ],
  ["an escaped reference", { $ref: "#/$defs/a~1b", $defs: { "a/b": { const: 1 } } }, 1],
  ["a list that ends", { $ref: "#/$defs/node", $defs: { node } }, { name: "example", next: null }],
  [
    "a tree",
    { type: "object", properties: { nodes: { type: "array", items: { $ref: "#" } } }, required: ["nodes"] },
    { nodes: [] },
  ],
  [
    "a property with a dangerous name",
    {
      type: "object",
      required: ["__proto__"],
      properties: JSON.parse('{"__proto__": {"type": "integer"}}') as unknown,
    },
    JSON.parse('{"__proto__": 0}'),
  ],
];

test.each(rows)("the sample of %s is valid", (_, schema, expected) => {
  const value = sampleSchema(schema);
  expect(JSON.stringify(value)).toBe(JSON.stringify(expected));
  expect(ajv.validate(schema, value), ajv.errorsText()).toBe(true);
});

test("strings without constraints contain the given text, truncated to the schema's length", () => {
  const schema = {
    type: "object",
    properties: { a: { type: "string" }, b: { type: "string", maxLength: 3 }, c: { enum: ["x"] } },
    required: ["a", "b", "c"],
  };
  expect(sampleSchema(schema, "Ada 🎈 Lovelace")).toEqual({ a: "Ada 🎈 Lovelace", b: "Ada", c: "x" });
  expect(sampleSchema({ type: "string", maxLength: 1 }, "🎈🎈")).toBe("🎈");
});

const many = Array.from({ length: 40 }, (_, n) => n);
const impossible: readonly (readonly [title: string, schema: Record<string, unknown>])[] = [
  ["contradicts itself", { type: "integer", minimum: 2, maximum: 1 }],
  [
    "has no end",
    { $ref: "#/$defs/a", $defs: { a: { required: ["a"], properties: { a: { $ref: "#/$defs/a" } } } } },
  ],
  ["refers to nothing", { $ref: "#/$defs/missing" }],
  ["refers elsewhere", { $ref: "https://example.com/schema.json" }],
  ["wants a billion items", { type: "array", items: {}, minItems: 1e9 }],
  ["wants a billion characters", { type: "string", minLength: 1e9 }],
  ["repeats a long constant", { type: "array", minItems: 1e3, items: { const: "x".repeat(1e6) } }],
  [
    "is a maze",
    {
      $ref: "#/$defs/n0",
      $defs: Object.fromEntries(
        many.map((n) => [
          `n${n}`,
          { required: ["x"], properties: { x: { anyOf: many.map((m) => ({ $ref: `#/$defs/n${m}` })) } } },
        ]),
      ),
    },
  ],
];

test.each(impossible)("a schema that %s has no sample, and finding that out is cheap", (_, schema) => {
  expect(sampleSchema(schema)).toBeUndefined();
});
