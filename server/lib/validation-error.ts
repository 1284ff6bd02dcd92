/** Validates outside input: converts validation issues to one error with the first issue, its field, and the number of others. */
import { GatewayError } from "./errors.ts";
import { flattenIssues, type Issue } from "./zod-issues.ts";
import type { z } from "zod";

const codes = {
  missing: "missing_required_parameter",
  type: "invalid_type",
  value: "invalid_value",
  unknown_key: "invalid_value",
} as const;

/** `subject` names the value for an issue without a path: "The body". */
export function toValidationError(issues: readonly Issue[], subject: string): GatewayError {
  const [first] = issues;
  if (first === undefined) return new GatewayError("invalid_value", `${subject} is not valid.`);
  const param = formatParam(first.path);
  const more = issues.length === 1 ? "" : ` (and ${issues.length - 1} more)`;
  return new GatewayError(codes[first.kind], `${param ?? subject}: ${first.message}${more}`, { param });
}

/** Formats a path as OpenAI does: `messages[2].content`. */
function formatParam(path: Issue["path"]): string | undefined {
  if (path.length === 0) return undefined;
  return path.map((key, at) => (typeof key === "number" ? `[${key}]` : at === 0 ? key : `.${key}`)).join("");
}

/** Throws a 400 with `param` for an invalid `value`. Unknown fields are dropped. */
export function parseSchema<S extends z.ZodType>(schema: S, value: unknown, subject: string): z.output<S> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw toValidationError(flattenIssues(result.error), `The ${subject}`);
}

/** The result of a check that rejects outside input; the reason is for its sender. The gateway's own failures are thrown. */
export interface Rejected {
  readonly rejected: string;
}
