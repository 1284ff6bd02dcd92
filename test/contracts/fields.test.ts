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

const { paths, components } = parse(readFileSync(new URL("../../openapi.yaml", import.meta.url), "utf8")) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** Keywords that do not limit a value. */
const notes = new Set(["description", "example", "examples", "properties", "required", "title"]);

const describeField = (name: string, isRequired: boolean, schema: Schema): string =>
  `${name}${isRequired ? "" : "?"}: ${JSON.stringify(schema, (key, value: unknown) => (notes.has(key) ? undefined : value))}`;

/** Lists a schema's own fields; a schema without fields is one line. */
function listFields(name: string, schema: Schema): readonly string[] {
  const { properties = {}, required = [] } = schema;
  const fields = Object.entries(properties).map(([key, field]) =>
    describeField(`${name}.${key}`, required.includes(key), field),
  );
  return fields.length > 0 ? fields : [describeField(name, true, schema)];
}

/** The second statement of what callers rely on: CONTRIBUTING, "When a pin goes red". */
test("the fields of every request and reply: required or optional, type, values and limits", async () => {
  const parameters = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ operationId, parameters: own = [] }) =>
      own.map(({ name, required, schema }) => describeField(`${operationId} ${name}`, required, schema)),
    );
  const fields = Object.entries(components.schemas).flatMap(([name, schema]) => listFields(name, schema));
  await expect([...parameters, ...fields].join("\n")).toMatchFileSnapshot("fields.txt");
});
