/** Reads the arguments of a command as its description has them; what is wrong with them is said in one line. */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { nearest } from "../server/nearest.ts";
import type { CommandDescription, Given, Option, Options } from "./define-command.ts";

/** The arguments are wrong; nothing was done. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function readArguments<O extends Options, W extends readonly string[]>(
  { words, options }: CommandDescription & { readonly words: W; readonly options: O },
  args: readonly string[],
): Given<O, W> {
  const { values, positionals } = parse(options, args);
  const read = Object.entries(options).map(([name, option]) => [name, valueOf(name, option, values[name])]);
  // Read by the very description that the type is made of.
  return { options: Object.fromEntries(read), words: wordsOf(words, positionals) } as Given<O, W>;
}

function parse(options: Options, args: readonly string[]): ReturnType<typeof parseArgs> {
  const known: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(options).map(([name, { value, short }]) => [
      name,
      { type: value === undefined ? "boolean" : "string", ...(short !== undefined && { short }) },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options: known, allowPositionals: true });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const unknown = /'--?([^']+)'/.exec(message)?.[1];
    if (code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION" || unknown === undefined) throw new UsageError(message);
    const meant = nearest(unknown, Object.keys(options));
    const hint = meant === undefined ? "" : `; did you mean --${meant}?`;
    throw new UsageError(`unknown option ${unknown.length > 1 ? "--" : "-"}${unknown}${hint}`);
  }
}

function valueOf(name: string, option: Option, given: unknown): unknown {
  const { value, choices, several, min = 0, max, json } = option;
  if (value === undefined) return given === true;
  if (typeof given !== "string") return undefined;
  const refuse = (expected: string): UsageError =>
    new UsageError(`--${name} ${JSON.stringify(given)}: expected ${expected}`);
  const texts = several ? given.split(",").map((text) => text.trim()) : [given];
  if (choices !== undefined && !texts.every((text) => choices.includes(text))) {
    throw refuse(several ? `some of ${choices.join(", ")}, with commas between` : inWords(choices));
  }
  if (several) return texts;
  if (json) return readObject(`--${name}`, given);
  if (max === undefined) return given;
  if (!/^\d{1,10}$/.test(given) || Number(given) < min || Number(given) > max) {
    throw refuse(`a number from ${min} to ${max}`);
  }
  return Number(given);
}

/** A JSON object. `name` says where it stands. */
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

function wordsOf(words: readonly string[], given: readonly string[]): readonly (string | undefined)[] {
  const missing = words.slice(given.length).find((word) => !word.endsWith("?"));
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const [tooMany] = given.slice(words.length);
  if (tooMany !== undefined) throw new UsageError(`${JSON.stringify(tooMany)} is one argument too many`);
  return words.map((_, at) => given[at]);
}

function inWords(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}
