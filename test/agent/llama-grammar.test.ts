/** JSON Schema converted for the engine's grammar, and JSON generated with that grammar. */
import { expect, test } from "vitest";
import { toGrammarSchema, removeNulls } from "../../server/agent/models/llama/grammar-schema.ts";

test.for<[object, object]>([
  [{ type: "string", maxLength: 9 }, { type: "string" }],
  [{ type: ["string", "null"] }, { oneOf: [{ type: "string" }, { type: "null" }] }],
  [{ anyOf: [{ const: 1 }, { enum: ["a"] }] }, { oneOf: [{ const: 1 }, { enum: ["a"] }] }],
  [{ type: "object" }, { type: "object", additionalProperties: true }],
  [
    { type: "object", additionalProperties: { type: "number" } },
    { type: "object", additionalProperties: { type: "number" } },
  ],
  [
    {
      type: "object",
      properties: { a: { type: "string" }, b: { type: "integer", description: "B" } },
      required: ["a"],
    },
    {
      type: "object",
      properties: {
        a: { type: "string" },
        b: { oneOf: [{ type: "integer" }, { type: "null" }], description: "B" },
      },
    },
  ],
  [
    {
      allOf: [
        { properties: { a: { type: "null" } }, required: ["a"] },
        { properties: { b: { type: "boolean" } }, required: ["b"] },
      ],
    },
    { type: "object", properties: { a: { type: "null" }, b: { type: "boolean" } } },
  ],
  [
    { type: "array", items: { type: "string", format: "date" }, minItems: 1, maxItems: 1e6 },
    { type: "array", items: { type: "string", format: "date" }, minItems: 1 },
  ],
  [
    { $ref: "#/definitions/a", definitions: { a: { type: "string" } } },
    { $ref: "#/$defs/a", $defs: { a: { type: "string" } } },
  ],
])("%j", ([schema, grammar]) => {
  expect(toGrammarSchema(schema as never)).toEqual(grammar);
});

test("a null that the schema requires is kept", () => {
  const schema = { properties: { a: {}, b: { items: { properties: { c: {} } } } }, required: ["a"] };
  expect(removeNulls({ a: null, b: [{ c: null, d: 1 }] }, schema)).toEqual({ a: null, b: [{ d: 1 }] });
});
