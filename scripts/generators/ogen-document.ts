/**
 * `node ogen-document.ts OPENAPI COPY`: writes a copy of the document that ogen can read. ogen does not support a union of
 * members with the same JSON type, such as two objects, without a discriminator: the copy allows any JSON there. ogen does not
 * support an event stream beside a JSON reply: the copy has its bytes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

const [, , source = "", copy = ""] = process.argv;
const document = parse(readFileSync(source, "utf8")) as {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

function resolve(schema: Schema): Schema {
  const name = schema.$ref?.replace(/^.*\//, "");
  return name === undefined ? schema : resolve(document.components.schemas[name] ?? {});
}

/** Returns the JSON types of a schema. */
function listTypes(schema: Schema): readonly string[] {
  const { anyOf, oneOf, type = "object" } = resolve(schema);
  return [...new Set((anyOf ?? oneOf)?.flatMap(listTypes) ?? [type].flat())];
}

/** Returns true for a union whose members, or the members of its unions, have the same JSON type. */
function isAmbiguous({ anyOf = [] }: Schema): boolean {
  const types = anyOf.flatMap(listTypes);
  return new Set(types).size < types.length || anyOf.some((member) => isAmbiguous(resolve(member)));
}

function simplify(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(simplify);
  if (typeof node !== "object" || node === null) return node;
  if (isAmbiguous(node)) return "description" in node ? { description: node.description } : {};
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === "text/event-stream" ? { schema: { type: "string", format: "binary" } } : simplify(value),
    ]),
  );
}

writeFileSync(copy, JSON.stringify(simplify(document)));
