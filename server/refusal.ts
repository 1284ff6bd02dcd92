/** The error for a request that does not fit: the first fault, the field it is in, how many more there are. */
import { GatewayError } from "./errors.ts";
import type { Issue } from "./issues.ts";

const codes = {
  missing: "missing_required_parameter",
  type: "invalid_type",
  value: "invalid_value",
  unknown_key: "invalid_value",
} as const;

/** `whole` is what an issue without a path is about: "The body". */
export function refusal(issues: readonly Issue[], whole: string): GatewayError {
  const [first] = issues;
  if (first === undefined) return new GatewayError("invalid_value", `${whole} is not valid.`);
  const param = paramOf(first.path);
  const more = issues.length === 1 ? "" : ` (and ${issues.length - 1} more)`;
  return new GatewayError(codes[first.kind], `${param ?? whole}: ${first.message}${more}`, { param });
}

/** OpenAI's spelling of a path: `messages[2].content`. */
function paramOf(path: Issue["path"]): string | undefined {
  if (path.length === 0) return undefined;
  return path.map((key, at) => (typeof key === "number" ? `[${key}]` : at === 0 ? key : `.${key}`)).join("");
}
