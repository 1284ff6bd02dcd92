/** The part of a request that a contract describes, checked and typed; or the error that names the field. */
import type { z } from "zod";
import { GatewayError } from "../errors.ts";
import { flattenIssues, type Issue } from "../issues.ts";

const codes = {
  missing: "missing_required_parameter",
  type: "invalid_type",
  value: "invalid_value",
  unknown_key: "invalid_value",
} as const;

/** Throws a 400 with `param` when `value` does not fit; unknown fields are dropped, never an error. */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const issues = flattenIssues(result.error);
  const [first] = issues;
  if (first === undefined) throw new GatewayError("invalid_value", `The ${what} is not valid.`);
  const param = paramOf(first.path);
  const more = issues.length === 1 ? "" : ` (and ${issues.length - 1} more)`;
  throw new GatewayError(codes[first.kind], `${param ?? `The ${what}`}: ${first.message}${more}`, { param });
}

/** OpenAI's spelling of a path: `messages[2].content`. */
function paramOf(path: Issue["path"]): string | undefined {
  if (path.length === 0) return undefined;
  return path.map((key, at) => (typeof key === "number" ? `[${key}]` : at === 0 ? key : `.${key}`)).join("");
}
