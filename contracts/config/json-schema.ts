/** The configuration file as JSON Schema (draft 2020-12): for editors, for the tables, for finding mistyped keys. */
import { z } from "zod";
import { Config } from "./config.ts";

/** What of JSON Schema the configuration uses. */
export interface ConfigSchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, ConfigSchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | ConfigSchemaNode;
  readonly items?: ConfigSchemaNode;
  readonly anyOf?: readonly ConfigSchemaNode[];
}

export function configJsonSchema(): ConfigSchemaNode {
  const schema = z.toJSONSchema(Config, { io: "input", target: "draft-2020-12" });
  return { ...schema, title: "Configuration of the gateway" } as ConfigSchemaNode;
}
