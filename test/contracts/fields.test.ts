import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { Schema } from "../support/documents/bounds.ts";

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly required: boolean;
    readonly schema: Schema;
  }[];
}

interface Components {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const readDocument = (path: string): unknown =>
  parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));
const { paths, components } = readDocument("generated/openapi-3.2.yaml") as Components & {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const socket = readDocument("generated/asyncapi.yaml") as Components;

/** Keywords that do not limit a value. */
const notes = new Set(["description", "example", "examples", "properties", "required", "title"]);

const describeField = (name: string, isRequired: boolean, schema: Schema): string =>
  `${name}${isRequired ? "" : "?"}: ${JSON.stringify(schema, (key, value: unknown) => (notes.has(key) ? undefined : value))}`;

/** Lists a schema's own fields and those of the objects in it; a schema without fields is one line. */
function listFields(name: string, schema: Schema): readonly string[] {
  const fields = listOwnFields(name, schema);
  return fields.length > 0 ? fields : [describeField(name, true, schema)];
}

function listOwnFields(name: string, schema: Schema): readonly string[] {
  const { properties = {}, required = [], items, anyOf = [] } = schema;
  return [
    ...Object.entries(properties).flatMap(([key, field]) => [
      describeField(`${name}.${key}`, required.includes(key), field),
      ...listOwnFields(`${name}.${key}`, field),
    ]),
    ...(items === undefined ? [] : listOwnFields(`${name}[]`, items)),
    ...anyOf.flatMap((member, index) => listOwnFields(`${name}|${index + 1}`, member)),
  ];
}

const listAllFields = (schemas: Components["components"]["schemas"]): readonly string[] =>
  Object.entries(schemas).flatMap(([name, schema]) => listFields(name, schema));

/** The second statement of what callers rely on: CONTRIBUTING, "When a pin goes red". */
test("the fields of every request and reply: required or optional, type, values and limits", async () => {
  const parameters = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ operationId, parameters: own = [] }) =>
      own.map(({ name, required, schema }) => describeField(`${operationId} ${name}`, required, schema)),
    );
  const fields = listAllFields(components.schemas);
  await expect([...parameters, ...fields].join("\n")).toMatchFileSnapshot("fields.txt");
});

test("the fields of every call, result and event of the socket", async () => {
  const fields = listAllFields(socket.components.schemas);
  await expect(fields.join("\n")).toMatchFileSnapshot("socket-fields.txt");
});
