/** Finds the schemas with an id in a schema: also those of which it has only a copy, with another description or nullable. */
import { z } from "zod";

type Part = z.core.$ZodType;

export function listNamedParts(roots: readonly Part[]): readonly z.ZodType[] {
  const visited = new Set<Part>();
  const visit = (schema: Part): void => {
    if (visited.has(schema)) return;
    visited.add(schema);
    // Zod keeps the schema that a copy was made of, but not its id.
    if (schema._zod.parent) visit(schema._zod.parent);
    listParts(schema).forEach(visit);
  };
  roots.forEach(visit);
  return [...visited].filter((schema): schema is z.ZodType => z.globalRegistry.get(schema)?.id !== undefined);
}

function listParts(schema: Part): readonly Part[] {
  if (schema instanceof z.ZodObject) return Object.values(schema.shape);
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodUnion) return schema.options;
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return [schema.unwrap()];
  return schema instanceof z.ZodPipe ? [schema.in, schema.out] : [];
}
