/** Parses the arguments of a command by its description. Errors are one line. */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { suggest } from "../server/lib/did-you-mean.ts";
import type { CommandDescription, ParsedArguments, Option, Options } from "./define-command.ts";

/** Invalid arguments; the command did nothing. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function readArguments<O extends Options, W extends readonly string[]>(
  { positionals: words, options }: CommandDescription & { readonly positionals: W; readonly options: O },
  args: readonly string[],
): ParsedArguments<O, W> {
  const { values, positionals } = parseOptions(options, args);
  const entries = Object.entries(options).map(([name, option]) => [
    name,
    parseValue(name, option, values[name]),
  ]);
  // The type is derived from the same description that parses the values.
  return {
    options: Object.fromEntries(entries),
    positionals: parsePositionals(words, positionals),
  } as ParsedArguments<O, W>;
}

function parseOptions(options: Options, args: readonly string[]): ReturnType<typeof parseArgs> {
  const parseConfig: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(options).map(([name, { value, short, repeatable = false }]) => [
      name,
      {
        type: value === undefined ? "boolean" : "string",
        multiple: repeatable,
        ...(short !== undefined && { short }),
      },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options: parseConfig, allowPositionals: true });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const unknown = /'--?([^']+)'/.exec(message)?.[1];
    if (code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION" || unknown === undefined) throw new UsageError(message);
    const suggestion = suggest(unknown, Object.keys(options));
    const hint = suggestion === undefined ? "" : `; did you mean --${suggestion}?`;
    throw new UsageError(`unknown option ${unknown.length > 1 ? "--" : "-"}${unknown}${hint}`);
  }
}

function parseValue(name: string, option: Option, text: unknown): unknown {
  const { value, choices, multiple, repeatable, min = 0, max, json } = option;
  if (repeatable) return text ?? [];
  if (value === undefined) return text === true;
  if (typeof text !== "string") return undefined;
  const createError = (expected: string): UsageError =>
    new UsageError(`--${name} ${JSON.stringify(text)}: expected ${expected}`);
  const texts = multiple ? text.split(",").map((item) => item.trim()) : [text];
  if (choices !== undefined && !texts.every((item) => choices.includes(item))) {
    throw createError(
      multiple ? `some of ${choices.join(", ")}, separated by commas` : formatChoices(choices),
    );
  }
  if (multiple) return texts;
  if (json) return readObject(`--${name}`, text);
  if (max === undefined) return text;
  if (!/^\d{1,10}$/.test(text) || Number(text) < min || Number(text) > max) {
    throw createError(`a number from ${min} to ${max}`);
  }
  return Number(text);
}

/** Parses a JSON object. @param name the argument, for errors */
export function readObject(name: string, json: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new UsageError(`${name} is not JSON: ${(error as SyntaxError).message}`, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError(`${name}: expected a JSON object such as '{"name": "value"}'`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function parsePositionals(
  words: readonly string[],
  values: readonly string[],
): readonly (string | undefined)[] {
  const missing = words.slice(values.length).find((word) => !word.endsWith("?"));
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const [extra] = values.slice(words.length);
  if (extra !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(extra)}`);
  return words.map((_, index) => values[index]);
}

function formatChoices(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}
