/** Describes forms in OpenAPI. */
import { z } from "zod";
import { isFormFile } from "../form.ts";

/** Replaces each file of a body by its content, which is the binary value that the schema has. */
export function describeFormValue(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]: [string, unknown]) => [
      name,
      isFormFile(value) ? value.content : value,
    ]),
  );
}

/** The field `b` of an object `a` is sent as `a[b]`. https://spec.openapis.org/oas/v3.1.0#encoding-object */
export function createFormEncoding(body: z.ZodType): Readonly<Record<string, typeof deepObject>> {
  const shape = body instanceof z.ZodObject ? body.shape : {};
  const objects = Object.entries(shape).filter(([, field]) => unwrap(field) instanceof z.ZodObject);
  return Object.fromEntries(objects.map(([name]) => [name, deepObject]));
}

const deepObject = { style: "deepObject", explode: true } as const;

const unwrap = (schema: unknown): unknown =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? unwrap(schema.unwrap()) : schema;
