/**
 * `node ogen-document.ts OPENAPI COPY`: writes a copy of the document that ogen reads. Where members of a union have the same
 * JSON type, as two objects, ogen gives up without a discriminator: the copy has any JSON there. ogen reads no streams beside a
 * whole reply: the copy has their bytes.
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

/** Whether it is a union, or one of such a union and others, that types do not tell apart. */
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
