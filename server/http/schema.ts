/** The part of a request that a contract describes, checked and typed; or the error that names the field. */
import type { z } from "zod";
import { flattenIssues } from "../issues.ts";
import { refusal } from "../refusal.ts";

/** Throws a 400 with `param` when `value` does not fit; unknown fields are dropped, never an error. */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw refusal(flattenIssues(result.error), `The ${what}`);
}
