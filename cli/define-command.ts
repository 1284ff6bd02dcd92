/** A command is data (name, arguments, help) and a function. */
import type { Io } from "./io.ts";
import { readArguments } from "./read-arguments.ts";

/** An option. Without `value` it is a flag; with it, the other fields restrict the value. */
export interface Option {
  readonly description: string;
  readonly short?: string;
  /** Name of the value in the help. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** Whether the value is a comma-separated list. */
  readonly multiple?: true;
  /** Whether the option may be given several times. */
  readonly repeatable?: true;
  readonly min?: number;
  readonly max?: number;
  readonly json?: true;
}

export type Options = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O extends { readonly repeatable: true }
  ? readonly string[]
  : O extends { readonly multiple: true }
    ? readonly TextOf<O>[] | undefined
    : O extends { readonly max: number }
      ? number | undefined
      : O extends { readonly json: true }
        ? Readonly<Record<string, unknown>> | undefined
        : O extends { readonly value: string }
          ? TextOf<O> | undefined
          : boolean;

type TextOf<O> = O extends { readonly choices: readonly (infer Choice)[] } ? Choice : string;

/** The parsed arguments: options by name, positionals in order. */
export interface ParsedArguments<O extends Options, W extends readonly string[]> {
  readonly options: { readonly [Name in keyof O]: ValueOf<O[Name]> };
  readonly positionals: { readonly [I in keyof W]: W[I] extends `${string}?` ? string | undefined : string };
}

/** The description of a command, for help and completion. */
export interface CommandDescription {
  /** One word or two: `agent`, `sessions list`. */
  readonly name: string;
  readonly summary: string;
  /** Names of the positional arguments; `?` at the end marks an optional one. */
  readonly positionals: readonly string[];
  readonly options: Options;
  /** Whether it prints JSON without --json. */
  readonly printsJson?: boolean;
  /** Further text of the help. */
  readonly details?: string;
  readonly example: string;
}

interface CommandSpec<O extends Options, W extends readonly string[]> extends CommandDescription {
  readonly positionals: W;
  readonly options: O;
  run(parsed: ParsedArguments<O, W>, io: Io): number | Promise<number>;
}

export interface Command extends CommandDescription {
  /** Resolves to the exit code. Throws a `UsageError` for invalid arguments. */
  run(args: readonly string[], io: Io): Promise<number>;
}

export function defineCommand<const O extends Options, const W extends readonly string[]>(
  spec: CommandSpec<O, W>,
): Command {
  return { ...spec, run: async (args, io) => spec.run(readArguments(spec, args), io) };
}

/** The option that selects an agent. */
export const agentOption = {
  agent: { value: "ID", description: "agent to use (default: the default agent)" },
} as const;

/** The options of commands that run an agent. */
export const runOptions = {
  model: { value: "PROVIDER/ID", description: "model to use (default: the agent's model)" },
  thinking: {
    value: "LEVEL",
    choices: ["off", "minimal", "low", "medium", "high", "xhigh", "max"],
    description: "reasoning effort: off, minimal, low, medium, high, xhigh or max",
  },
} as const;

/** The option that prints JSON. */
export const jsonOption = { json: { description: "print JSON" } } as const;
