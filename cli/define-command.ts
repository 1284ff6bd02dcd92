/** A command is data: its name, what it takes, its help; and the function that does it. */
import type { Io } from "./io.ts";
import { readArguments } from "./read-arguments.ts";

/** A switch; with `value` it takes one, which may have to be one of a few, several of them, a number, or a JSON object. */
export interface Option {
  readonly says: string;
  readonly short?: string;
  /** What the value is called in the help. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** Several values, with commas between. */
  readonly several?: true;
  readonly min?: number;
  readonly max?: number;
  readonly json?: true;
}

export type Options = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O extends { readonly several: true }
  ? readonly TextOf<O>[] | undefined
  : O extends { readonly max: number }
    ? number | undefined
    : O extends { readonly json: true }
      ? Readonly<Record<string, unknown>> | undefined
      : O extends { readonly value: string }
        ? TextOf<O> | undefined
        : boolean;

type TextOf<O> = O extends { readonly choices: readonly (infer Choice)[] } ? Choice : string;

/** What the arguments say: options by their name, words in their order. */
export interface Given<O extends Options, W extends readonly string[]> {
  readonly options: { readonly [Name in keyof O]: ValueOf<O[Name]> };
  readonly words: { readonly [I in keyof W]: W[I] extends `${string}?` ? string | undefined : string };
}

/** What is known of a command without running it. */
export interface CommandDescription {
  /** One word or two: `agent`, `sessions list`. */
  readonly name: string;
  readonly summary: string;
  /** What the words after the name are called; `?` ends the name of one that may be left out. */
  readonly words: readonly string[];
  readonly options: Options;
  /** What else there is to say, in the help. */
  readonly more?: string;
  readonly example: string;
}

interface CommandSpec<O extends Options, W extends readonly string[]> extends CommandDescription {
  readonly words: W;
  readonly options: O;
  run(given: Given<O, W>, io: Io): number | Promise<number>;
}

export interface Command extends CommandDescription {
  /** Resolves to the exit code. Throws a `UsageError` for arguments that it does not take. */
  run(args: readonly string[], io: Io): Promise<number>;
}

export function defineCommand<const O extends Options, const W extends readonly string[]>(
  spec: CommandSpec<O, W>,
): Command {
  return { ...spec, run: async (args, io) => spec.run(readArguments(spec, args), io) };
}
