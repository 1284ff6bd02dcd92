/** Schemas of tools as providers accept them. */
import { describe, expect, test } from "vitest";
import { inlineReferences, toObjectSchema } from "../../server/agent/models/tool-schema.ts";
import type { JsonSchema } from "../../server/agent/types.ts";

const text = { type: "string" };
const a = { type: "object", properties: { a: text }, required: ["a"] };
const ab = { type: "object", properties: { a: text, b: text }, required: ["b", "a"] };

test.for<[string, JsonSchema | undefined, JsonSchema]>([
  ["no schema", undefined, { type: "object", properties: {} }],
  ["{}", {}, { type: "object", properties: {} }],
  [
    "no properties",
    { type: "object", description: "d" },
    { type: "object", description: "d", properties: {} },
  ],
  ["null for properties", { type: "object", properties: null }, { type: "object", properties: {} }],
  ["null for required", { ...a, required: null }, { type: "object", properties: { a: text } }],
  ["no type", { properties: { a: text } }, { type: "object", properties: { a: text } }],
  ["an object or null", { ...a, type: ["object", "null"] }, a],
  [
    "any value for a property",
    { type: "object", properties: { a: true } },
    { type: "object", properties: { a: {} } },
  ],
  ["anyOf at the root", { anyOf: [a, ab] }, { type: "object", properties: ab.properties, required: ["a"] }],
  [
    "oneOf at the root",
    { type: "object", oneOf: [a, { type: "object", properties: { c: text } }] },
    { type: "object", properties: { a: text, c: text } },
  ],
  [
    "allOf at the root",
    { allOf: [a, { properties: { c: text }, required: ["c"] }] },
    { type: "object", properties: { a: text, c: text }, required: ["a", "c"] },
  ],
  ["a reference at the root", { $ref: "#/$defs/a", $defs: { a } }, { ...a, $defs: { a } }],
  ["a reference to itself at the root", { $ref: "#" }, { type: "object", properties: {} }],
])("%s", ([, schema, expected]) => {
  expect(toObjectSchema(schema)).toEqual(expected);
});

const withProperty = (schema: unknown): JsonSchema => ({ type: "object", properties: { deep: schema } });

test.for<[string, unknown, unknown]>([
  ["a type of another language", { type: "int" }, { type: "integer" }],
  ["types of other languages", { type: ["Str", "none", "later"] }, { type: ["string", "null"] }],
  ["a type that says nothing", { type: "any", description: "d" }, { description: "d" }],
  ["an empty list of types", { type: [] }, {}],
  ["an array without items", { type: "array" }, { type: "array", items: {} }],
  ["a list or null, without items", { type: ["list", "null"] }, { type: ["array", "null"], items: {} }],
  ["items of another language", { type: "array", items: { type: "str" } }, { type: "array", items: text }],
  ["an empty enum", { type: "string", enum: [] }, text],
  ["required in a property", { type: "string", required: true }, text],
  ["required as a text", { ...a, required: "a" }, { type: "object", properties: { a: text } }],
  ["a required property that there is not", { ...a, required: ["a", "b"] }, a],
  ["one that is in a branch", { ...a, required: ["b"], anyOf: [ab] }, { ...a, required: ["b"], anyOf: [ab] }],
  ["null for keywords", { ...text, description: null, items: null, additionalProperties: null }, text],
  ["null that is a value", { default: null, const: null }, { default: null, const: null }],
  ["a description that is no text", { ...text, description: { de: "d" } }, text],
  ["a reference to the web", { $ref: "https://example.com/schema.json", title: "t" }, { title: "t" }],
  ["a bound of draft 4", { minimum: 0, exclusiveMinimum: true }, { minimum: 0, exclusiveMinimum: 0 }],
  ["a bound of draft 4 that is none", { maximum: 9, exclusiveMaximum: false }, { maximum: 9 }],
  [
    "a branch of another language",
    { anyOf: [{ type: "bool" }, text] },
    { anyOf: [{ type: "boolean" }, text] },
  ],
])("deep inside: %s", ([, schema, expected]) => {
  expect(toObjectSchema(withProperty(schema))).toEqual(withProperty(expected));
});

test("conditions at the root are left out: anthropics/claude-code#95504", () => {
  const condition = {
    if: { properties: { a: { const: "x" } } },
    // oxlint-disable-next-line no-thenable -- a keyword of JSON Schema
    then: { required: ["b"] },
    else: {},
    not: {},
  };
  expect(toObjectSchema({ ...ab, ...condition })).toEqual(ab);
});

test("a schema that is too deep to repair is left as it is", () => {
  let schema: JsonSchema = { type: "int" };
  for (let depth = 0; depth < 10_000; depth++) schema = { type: "array", items: schema };
  expect(toObjectSchema(withProperty(schema))).toMatchObject({ type: "object" });
});

test("a correct schema is the same object", () => {
  const schema = { ...ab, additionalProperties: false, $defs: { a } };
  expect(toObjectSchema(schema)).toBe(schema);
});

test("a recursive reference at the root ends", () => {
  const schema = { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } };
  expect(toObjectSchema(schema)).toMatchObject({ type: "object", properties: {} });
});

describe("for providers without references", () => {
  test("each is replaced by what it names, with its own description", () => {
    const schema = {
      type: "object",
      properties: {
        x: { $ref: "#/$defs/a", description: "d" },
        list: { type: "array", items: { $ref: "#/definitions/t" } },
      },
      $defs: { a },
      definitions: { t: text },
    };
    expect(inlineReferences(schema)).toEqual({
      type: "object",
      properties: { x: { ...a, description: "d" }, list: { type: "array", items: text } },
    });
  });

  test("a recursive one ends in any value, and an unknown one is any value", () => {
    const node = { type: "object", properties: { next: { $ref: "#/$defs/node" } } };
    const schema = {
      type: "object",
      properties: { n: { $ref: "#/$defs/node" }, m: { $ref: "#/$defs/no" } },
      $defs: { node },
    };
    expect(inlineReferences(schema)).toEqual({
      type: "object",
      properties: { n: { type: "object", properties: { next: {} } }, m: {} },
    });
  });
});
