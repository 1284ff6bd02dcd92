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
