import { expect, test } from "vitest";
import { nameSchemas, selectReferencedSchemas } from "../../contracts/describe/named-schemas.ts";

const Size = { type: "string", enum: ["small", "large"], description: "A size." };
const Box = {
  type: "object",
  properties: { size: { $ref: "#/components/schemas/Size" } },
  required: ["size"],
  description: "A box.",
};
/** What zod-to-openapi writes for a copy of `Box`: everything again. */
const boxCopy = { ...Box, properties: { size: { ...Size, description: "Its size." } } };

const shelf = (part: object) => ({ Size, Box, Shelf: { type: "object", properties: { part } } });
const partOf = (schemas: ReturnType<typeof nameSchemas>): unknown =>
  (schemas["Shelf"]?.["properties"] as { readonly part: unknown } | undefined)?.part;

test("a copy of a named schema becomes a reference, which keeps the copy's own description", () => {
  expect(partOf(nameSchemas(shelf({ ...Size, description: "How large." })))).toEqual({
    $ref: "#/components/schemas/Size",
    description: "How large.",
  });
  expect(partOf(nameSchemas(shelf(Size)))).toEqual({ $ref: "#/components/schemas/Size" });
});

test("a nullable copy becomes a union of the reference and null", () => {
  const union = { anyOf: [{ $ref: "#/components/schemas/Size" }, { type: "null" }], description: "Or none." };
  const written = { type: ["string", "null"], enum: ["small", "large", null], description: "Or none." };
  expect(partOf(nameSchemas(shelf(written)))).toEqual(union);
});

test("null stays valid beside a single value", () => {
  expect(partOf(nameSchemas(shelf({ type: ["string", "null"], enum: ["small"] })))).toEqual({
    anyOf: [{ type: "string", enum: ["small"] }, { type: "null" }],
  });
});

test("an object, a union or an enumeration without a name is an error that names its place", () => {
  expect(() => nameSchemas(shelf({ type: "object", properties: { depth: { type: "integer" } } }))).toThrow(
    /Give these schemas a name.*\nShelf: .*depth/,
  );
  expect(() => nameSchemas(shelf(boxCopy))).toThrow("Shelf");
  expect(() => nameSchemas(shelf({ type: "string", enum: ["a", "b"] }))).toThrow("Shelf");
  expect(() => nameSchemas(shelf({ anyOf: [{ type: "string" }, { type: "array" }] }))).toThrow("Shelf");
});

test("schemas that nothing refers to are left out", () => {
  const schemas = nameSchemas(shelf(Size));
  expect(Object.keys(selectReferencedSchemas(schemas, { $ref: "#/components/schemas/Shelf" }))).toEqual([
    "Size",
    "Shelf",
  ]);
});
