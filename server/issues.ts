/**
 * A ZodError as a flat list that people can read, for configuration and requests alike.
 * Parse with `{ reportInput: true }`: without the input a missing field cannot be told from a wrong one.
 */
import type { z } from "zod";

type Path = readonly (string | number)[];

export interface Issue {
  /** Of the value at fault; of the key itself when that is unknown. */
  readonly path: Path;
  readonly kind: "missing" | "type" | "value" | "unknown_key";
  readonly message: string;
  /** The unknown key: the last of `path`. */
  readonly key?: string;
}

/** An issue that can still be joined with others of the same place: "expected a or b". */
interface Finding extends Issue {
  readonly expected?: readonly string[];
  readonly got?: string;
  /** A literal that tells the branches of a union apart did not match. */
  readonly tag?: boolean;
}

export function flattenIssues(error: z.ZodError): readonly Issue[] {
  return error.issues.flatMap((issue) => findings(issue, [])).map(plain);
}

function plain({ path, kind, message, key }: Finding): Issue {
  return key === undefined ? { path, kind, message } : { path, kind, message, key };
}

function findings(issue: z.core.$ZodIssue, base: Path): readonly Finding[] {
  const path: Path = [...base, ...issue.path.map((part) => (typeof part === "number" ? part : String(part)))];
  const missing: Finding = { path, kind: "missing", message: "is required" };
  const absent = "input" in issue && issue.input === undefined;
  const own = /^(Invalid|Too (big|small)|Unrecognized)/.test(issue.message) ? undefined : issue.message;
  const wrong = (message: string): readonly Finding[] => [{ path, kind: "value", message: own ?? message }];

  switch (issue.code) {
    case "invalid_type":
      return absent ? [missing] : [wrongType(issue, path)];
    case "invalid_value":
      return absent ? [missing] : [wrongChoice(issue.values, issue.input, path, issue.values.length === 1)];
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...path, key],
        kind: "unknown_key",
        message: "unknown key",
        key,
      }));
    case "invalid_union":
      if (absent) return [missing];
      if (own !== undefined) return wrong(own);
      if ("options" in issue && issue.options !== undefined) return [wrongTag(issue, path)];
      return bestBranch(
        issue.errors.map((branch) => branch.flatMap((inner) => findings(inner, path))),
        path,
      );
    case "invalid_key":
      return wrong(`this name ${issue.issues.map((inner) => findings(inner, path)[0]?.message).join("; ")}`);
    case "too_big":
      return wrong(
        `must ${bound("at most", issue.origin, issue.maximum)}, got ${measure(issue.input, issue.origin)}`,
      );
    case "too_small":
      return wrong(
        issue.minimum === 1 && (issue.origin === "string" || issue.origin === "array")
          ? "must not be empty"
          : `must ${bound("at least", issue.origin, issue.minimum)}, got ${measure(issue.input, issue.origin)}`,
      );
    case "invalid_format":
      return wrong(
        issue.format === "regex"
          ? `must match ${String(issue.pattern)}`
          : `must be a valid ${issue.format.replaceAll("_", " ")}`,
      );
    case "not_multiple_of":
      return wrong(`must be a multiple of ${issue.divisor}`);
    default:
      return wrong("is not valid");
  }
}

const typeNames: Readonly<Record<string, string>> = { int: "integer", record: "object", tuple: "array" };

function wrongType(issue: z.core.$ZodIssueInvalidType, path: Path): Finding {
  const expected = [typeNames[issue.expected] ?? issue.expected];
  const fraction = expected[0] === "integer" && typeof issue.input === "number";
  const got = fraction ? shown(issue.input, path) : typeName(issue.input);
  return { path, kind: "type", message: `expected ${expected[0]}, got ${got}`, expected, got };
}

function wrongChoice(choices: readonly unknown[], input: unknown, path: Path, tag = false): Finding {
  const expected = choices.map((choice) => JSON.stringify(choice) ?? String(choice));
  const got = shown(input, path);
  return { path, kind: "value", message: choiceMessage(expected, got), expected, got, tag };
}

function choiceMessage(expected: readonly string[], got: string): string {
  return `expected ${expected.length > 1 ? "one of " : ""}${expected.join(", ")}, got ${got}`;
}

function wrongTag(issue: z.core.$ZodIssueInvalidUnion, path: Path): Finding {
  const name = issue.discriminator ?? "";
  const input: unknown = isRecord(issue.input) ? issue.input[name] : undefined;
  const options = "options" in issue ? (issue.options ?? []) : [];
  const choice = wrongChoice(options, input, path);
  if (input !== undefined) return choice;
  return { path, kind: "missing", message: `is required: one of ${choice.expected?.join(", ")}` };
}

/** The branch that was most likely meant: right type first, then right tag, then the deepest fault, then the fewest. */
function bestBranch(branches: readonly (readonly Finding[])[], root: Path): readonly Finding[] {
  const typed = branches.filter(
    (branch) =>
      !branch.some((found) => found.path.length === root.length && /^(type|missing)$/.test(found.kind)),
  );
  if (typed.length === 0) return joined(branches) ?? branches[0] ?? [];
  const tagged = typed.filter((branch) => !branch.some((found) => found.tag));
  if (tagged.length === 0) {
    const tags = typed.map((branch) => branch.filter((found) => found.tag));
    return joined(tags) ?? tags[0] ?? [];
  }
  const depth = (branch: readonly Finding[]): number =>
    Math.max(...branch.map((found) => found.path.length - (found.kind === "unknown_key" ? 1 : 0)));
  const [best] = tagged.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length);
  return best ?? [];
}

/** One finding for branches that each failed once, in the same place and for the same kind of reason. */
function joined(branches: readonly (readonly Finding[])[]): readonly Finding[] | undefined {
  const [first, ...others] = branches.map((branch) => (branch.length === 1 ? branch[0] : undefined));
  if (first?.expected === undefined || first.got === undefined) return undefined;
  const same = (found: Finding | undefined): boolean =>
    found?.expected !== undefined &&
    found.kind === first.kind &&
    found.path.join("\0") === first.path.join("\0");
  if (!others.every(same)) return undefined;
  const expected = [...new Set([first, ...others].flatMap((found) => found?.expected ?? []))];
  const message =
    first.kind === "type"
      ? `expected ${expected.join(" or ")}, got ${first.got}`
      : choiceMessage(expected, first.got);
  return [{ ...first, expected, message }];
}

function bound(word: string, origin: string, limit: number | bigint): string {
  if (origin === "string") return `be ${word} ${limit} characters long`;
  if (origin === "array" || origin === "set") return `have ${word} ${limit} items`;
  return `be ${word} ${limit}`;
}

function measure(input: unknown, origin: string): string {
  if (origin === "string" || origin === "array" || origin === "set") {
    return typeof input === "string" || Array.isArray(input) ? String(input.length) : "something else";
  }
  return typeof input === "number" || typeof input === "bigint" ? String(input) : typeName(input);
}

const secretName =
  /(^|[^a-z])headers$|(token|password|secret|api[-_]?key|authorization|credentials?|cookie)$/i;

/** A value as it may be repeated to its author: short, and never from a place that looks like a secret. */
function shown(input: unknown, path: Path): string {
  if (path.some((part) => secretName.test(String(part)))) return `another ${typeName(input)}`;
  if (typeof input === "string") {
    return input.length <= 64 ? JSON.stringify(input) : `a string of ${input.length} characters`;
  }
  return typeof input === "number" || typeof input === "boolean" ? String(input) : typeName(input);
}

function typeName(input: unknown): string {
  if (input === null) return "null";
  if (Array.isArray(input)) return "array";
  // What a query had in the place of a number.
  if (Number.isNaN(input)) return "NaN";
  return typeof input;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
