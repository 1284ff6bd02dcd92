/** The configuration file as JSON Schema (draft 2020-12), for editors, the documentation and key suggestions. */
import { z } from "zod";
import { Config } from "./config.ts";

/** The subset of JSON Schema that the configuration uses. */
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

export function createConfigJsonSchema(): ConfigSchemaNode {
  const schema = z.toJSONSchema(Config, { io: "input", target: "draft-2020-12" });
  return { ...schema, title: "Configuration of the gateway" } as ConfigSchemaNode;
}
