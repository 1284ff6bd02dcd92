/** Looks up what a loaded configuration holds: values, secrets, and the keys that its schema knows. */
import type { Config } from "../../contracts/config/config.ts";
import { createInlineConfigSchema, type ConfigSchemaNode } from "../../contracts/config/json-schema.ts";
import { isSecret, reveal } from "../../contracts/config/secret.ts";
import { getAt, type Path } from "./tree.ts";

/** Returns the value at a dotted path that a contract names. */
export function getValueAt(config: Config, path: string): unknown {
  return getAt(config, ...path.split("."));
}

/** Returns the text of every secret in `value`, so that output can be checked for them. */
export function collectSecrets(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  if (isSecret(value)) return [reveal(value)];
  return Object.values(value).flatMap(collectSecrets);
}

/** Created on first use: only a mistyped key needs it, and creating it takes milliseconds. */
let schema: ConfigSchemaNode | undefined;

/** Returns the keys that the schema allows at `path`, to suggest one for a mistyped key. */
export function listKnownKeys(path: Path): readonly string[] {
  schema ??= createInlineConfigSchema();
  let nodes = listVariants(schema);
  for (const part of path) nodes = nodes.flatMap((node) => findChildren(node, part)).flatMap(listVariants);
  return nodes.flatMap((node) => Object.keys(node.properties ?? {}));
}

function listVariants(node: ConfigSchemaNode): readonly ConfigSchemaNode[] {
  return [node, ...(node.anyOf ?? node.oneOf ?? [])];
}

function findChildren(node: ConfigSchemaNode, part: string | number): readonly ConfigSchemaNode[] {
  if (typeof part === "number") return node.items === undefined ? [] : [node.items];
  const property = Object.hasOwn(node.properties ?? {}, part) ? node.properties?.[part] : undefined;
  if (property !== undefined) return [property];
  return typeof node.additionalProperties === "object" ? [node.additionalProperties] : [];
}
