/**
 * Flattens a ZodError into a readable list, for configuration and requests.
 * Parse with `{ reportInput: true }`: without the input, a missing field looks like a wrong one.
 */
import type { z } from "zod";

type Path = readonly (string | number)[];

export interface Issue {
  /** Path of the invalid value, or of the unknown key. */
  readonly path: Path;
  readonly kind: "missing" | "type" | "value" | "unknown_key";
  readonly message: string;
  /** The unknown key: the last element of `path`. */
  readonly key?: string;
}

/** An issue that can be merged with others at the same path: "expected a or b". */
interface MergeableIssue extends Issue {
  readonly expected?: readonly string[];
  readonly actual?: string;
  /** The discriminator of a union branch did not match. */
  readonly isTagMismatch?: boolean;
}

export function flattenIssues(error: z.ZodError): readonly Issue[] {
  return error.issues.flatMap((issue) => flattenIssue(issue, [])).map(toIssue);
}

function toIssue({ path, kind, message, key }: MergeableIssue): Issue {
  return key === undefined ? { path, kind, message } : { path, kind, message, key };
}

function flattenIssue(issue: z.core.$ZodIssue, base: Path): readonly MergeableIssue[] {
  const path: Path = [...base, ...issue.path.map((part) => (typeof part === "number" ? part : String(part)))];
  const missing: MergeableIssue = { path, kind: "missing", message: "is required" };
  const isMissing = "input" in issue && issue.input === undefined;
  const customMessage = /^(Invalid|Too (big|small)|Unrecognized)/.test(issue.message)
    ? undefined
    : issue.message;
  const createValueIssue = (message: string): readonly MergeableIssue[] => [
    { path, kind: "value", message: customMessage ?? message },
  ];

  switch (issue.code) {
    case "invalid_type":
      return isMissing ? [missing] : [createTypeIssue(issue, path)];
    case "invalid_value":
      return isMissing
        ? [missing]
        : [createChoiceIssue(issue.values, issue.input, path, issue.values.length === 1)];
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...path, key],
        kind: "unknown_key",
        message: "unknown key",
        key,
      }));
    case "invalid_union":
      if (isMissing) return [missing];
      if (customMessage !== undefined) return createValueIssue(customMessage);
      if ("options" in issue && issue.options !== undefined) return [createTagIssue(issue, path)];
      return selectBranch(
        issue.errors.map((branch) => branch.flatMap((inner) => flattenIssue(inner, path))),
        path,
      );
    case "invalid_key":
      return createValueIssue(
        `this name ${issue.issues.map((inner) => flattenIssue(inner, path)[0]?.message).join("; ")}`,
      );
    case "too_big":
      return createValueIssue(
        `must ${formatBound("at most", issue.origin, issue.maximum)}, got ${formatSize(issue.input, issue.origin)}`,
      );
    case "too_small":
      return createValueIssue(
        issue.minimum === 1 && (issue.origin === "string" || issue.origin === "array")
          ? "must not be empty"
          : `must ${formatBound("at least", issue.origin, issue.minimum)}, got ${formatSize(issue.input, issue.origin)}`,
      );
    case "invalid_format":
      return createValueIssue(
        issue.format === "regex"
          ? `must match ${String(issue.pattern)}`
          : `must be a valid ${issue.format.replaceAll("_", " ")}`,
      );
    case "not_multiple_of":
      return createValueIssue(`must be a multiple of ${issue.divisor}`);
    default:
      return isMissing ? [missing] : createValueIssue("is not valid");
  }
}

const typeNames: Readonly<Record<string, string>> = { int: "integer", record: "object", tuple: "array" };

function createTypeIssue(issue: z.core.$ZodIssueInvalidType, path: Path): MergeableIssue {
  const expected = [typeNames[issue.expected] ?? issue.expected];
  const isFraction = expected[0] === "integer" && typeof issue.input === "number";
  const actual = isFraction ? formatInput(issue.input, path) : describeType(issue.input);
  return { path, kind: "type", message: `expected ${expected[0]}, got ${actual}`, expected, actual };
}

function createChoiceIssue(
  choices: readonly unknown[],
  input: unknown,
  path: Path,
  isTagMismatch = false,
): MergeableIssue {
  const expected = choices.map((choice) => JSON.stringify(choice) ?? String(choice));
  const actual = formatInput(input, path);
  return { path, kind: "value", message: formatChoice(expected, actual), expected, actual, isTagMismatch };
}

function formatChoice(expected: readonly string[], actual: string): string {
  return `expected ${expected.length > 1 ? "one of " : ""}${expected.join(", ")}, got ${actual}`;
}

function createTagIssue(issue: z.core.$ZodIssueInvalidUnion, path: Path): MergeableIssue {
  const name = issue.discriminator ?? "";
  const input: unknown = isRecord(issue.input) ? issue.input[name] : undefined;
  const options = "options" in issue ? (issue.options ?? []) : [];
  const choice = createChoiceIssue(options, input, path);
  if (input !== undefined) return choice;
  return { path, kind: "missing", message: `is required: one of ${choice.expected?.join(", ")}` };
}

/**
 * Selects the branch that the author most likely meant: right type, right discriminator, only a wrong size, deepest issue,
 * fewest missing fields, fewest issues.
 */
function selectBranch(
  branches: readonly (readonly MergeableIssue[])[],
  root: Path,
): readonly MergeableIssue[] {
  const typed = branches.filter(
    (branch) =>
      !branch.some((found) => found.path.length === root.length && /^(type|missing)$/.test(found.kind)),
  );
  if (typed.length === 0) return mergeIssues(branches) ?? branches[0] ?? [];
  const tagged = typed.filter((branch) => !branch.some((found) => found.isTagMismatch));
  if (tagged.length === 0) {
    const tags = typed.map((branch) => branch.filter((found) => found.isTagMismatch));
    return mergeIssues(tags) ?? tags[0] ?? [];
  }
  // Right types throughout: only a size is wrong.
  const sized = tagged.filter((branch) => branch.every(isSizeIssue));
  const depth = (branch: readonly MergeableIssue[]): number =>
    Math.max(...branch.map((found) => found.path.length - (found.kind === "unknown_key" ? 1 : 0)));
  const countMissing = (branch: readonly MergeableIssue[]): number =>
    branch.filter(({ kind }) => kind === "missing").length;
  const [best] = (sized.length > 0 ? sized : tagged).toSorted(
    (a, b) => depth(b) - depth(a) || countMissing(a) - countMissing(b) || a.length - b.length,
  );
  return best ?? [];
}

const isSizeIssue = ({ message }: MergeableIssue): boolean =>
  /^must (be at|have at|not be empty)/.test(message);

/** Merges branches that each have one issue of the same kind at the same path. */
function mergeIssues(
  branches: readonly (readonly MergeableIssue[])[],
): readonly MergeableIssue[] | undefined {
  const [first, ...others] = branches.map((branch) => (branch.length === 1 ? branch[0] : undefined));
  if (first?.expected === undefined || first.actual === undefined) return undefined;
  const isMergeable = (found: MergeableIssue | undefined): boolean =>
    found?.expected !== undefined &&
    found.kind === first.kind &&
    found.path.join("\0") === first.path.join("\0");
  if (!others.every(isMergeable)) return undefined;
  const expected = [...new Set([first, ...others].flatMap((found) => found?.expected ?? []))];
  const message =
    first.kind === "type"
      ? `expected ${expected.join(" or ")}, got ${first.actual}`
      : formatChoice(expected, first.actual);
  return [{ ...first, expected, message }];
}

function formatBound(word: string, origin: string, limit: number | bigint): string {
  if (origin === "string") return `be ${word} ${limit} characters long`;
  if (origin === "array" || origin === "set") return `have ${word} ${limit} items`;
  return `be ${word} ${limit}`;
}

function formatSize(input: unknown, origin: string): string {
  if (origin === "string" || origin === "array" || origin === "set") {
    return typeof input === "string" || Array.isArray(input) ? String(input.length) : "something else";
  }
  return typeof input === "number" || typeof input === "bigint" ? String(input) : describeType(input);
}

const secretName =
  /(^|[^a-z])headers$|(token|password|secret|api[-_]?key|authorization|credentials?|cookie)$/i;

/** Formats a value for an error message: shortened, and never from a path that looks like a secret. */
function formatInput(input: unknown, path: Path): string {
  if (path.some((part) => secretName.test(String(part)))) return `another ${describeType(input)}`;
  if (typeof input === "string") {
    return input.length <= 64 ? JSON.stringify(input) : `a string of ${input.length} characters`;
  }
  return typeof input === "number" || typeof input === "boolean" ? String(input) : describeType(input);
}

function describeType(input: unknown): string {
  if (input === null) return "null";
  if (Array.isArray(input)) return "array";
  if (Number.isNaN(input)) return "NaN";
  // JSON has it as 1e999.
  if (input === Infinity || input === -Infinity) return "a number that is too large";
  return typeof input;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
