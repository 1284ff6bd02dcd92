/** The configuration file as JSON Schema (draft 2020-12), for editors, the documentation and key suggestions. */
import { z } from "zod";
import { Config } from "./config.ts";

/** The subset of JSON Schema that the configuration uses. */
export interface ConfigSchemaNode {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, ConfigSchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | ConfigSchemaNode;
  readonly items?: ConfigSchemaNode;
  readonly anyOf?: readonly ConfigSchemaNode[];
  readonly oneOf?: readonly ConfigSchemaNode[];
}

/** Returns the schema as it is published, with its shared parts in `$defs`. */
export function createConfigJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(Config, {
    io: "input",
    target: "draft-2020-12",
    override: ({ jsonSchema }) => {
      // Not a format of JSON Schema: the pattern beside it says the same.
      if (jsonSchema.format?.startsWith("cidr")) delete jsonSchema.format;
    },
  });
  return {
    $schema,
    $id: "urn:openclaw:gateway:config",
    title: "Configuration of the gateway",
    description: "The configuration file, in JSON5. Every key is optional.",
    ...schema,
  };
}

/** Returns the schema with every shared part in its places. */
export function createInlineConfigSchema(): ConfigSchemaNode {
  const { $defs, ...schema } = createConfigJsonSchema();
  return inlineReferences(schema, $defs as Readonly<Record<string, unknown>>) as ConfigSchemaNode;
}

function inlineReferences(node: unknown, definitions: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(node)) return node.map((each) => inlineReferences(each, definitions));
  if (typeof node !== "object" || node === null) return node;
  const { $ref, ...own } = node as Readonly<Record<string, unknown>>;
  const definition = typeof $ref === "string" ? definitions[$ref.replace("#/$defs/", "")] : {};
  return Object.fromEntries(
    Object.entries({ ...(definition as object), ...own }).map(([key, value]) => [
      key,
      inlineReferences(value, definitions),
    ]),
  );
}
