/** The keys that the schema knows at a place of the configuration: what a mistyped one is compared with. */
import { configJsonSchema, type ConfigSchemaNode } from "../../contracts/config/json-schema.ts";
import type { Path } from "./tree.ts";

export function knownKeys(path: Path): readonly string[] {
  let here = variants(configJsonSchema());
  for (const part of path) here = here.flatMap((node) => child(node, part)).flatMap(variants);
  return here.flatMap((node) => Object.keys(node.properties ?? {}));
}

function variants(node: ConfigSchemaNode): readonly ConfigSchemaNode[] {
  return [node, ...(node.anyOf ?? [])];
}

function child(node: ConfigSchemaNode, part: string | number): readonly ConfigSchemaNode[] {
  if (typeof part === "number") return node.items === undefined ? [] : [node.items];
  const named = Object.hasOwn(node.properties ?? {}, part) ? node.properties?.[part] : undefined;
  if (named !== undefined) return [named];
  return typeof node.additionalProperties === "object" ? [node.additionalProperties] : [];
}
