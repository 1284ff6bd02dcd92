/** Finds and runs the command that the arguments name, and reports errors. */
import { ConfigError } from "../server/lib/config-error.ts";
import { suggest } from "../server/lib/did-you-mean.ts";
import { packageVersion } from "../server/lib/package.ts";
import { commandNames, findCommand, loadCommand, loadCommands } from "./commands.ts";
import type { Command } from "./define-command.ts";
import { exitConfig, exitOk, exitFailure, exitUsage } from "./exit-codes.ts";
import { formatFailure } from "./format-failure.ts";
import { formatCommandHelp, formatGroupHelp, formatOverview } from "./help.ts";
import type { Io } from "./io.ts";
import { findPointer } from "./pointers.ts";
import { UsageError } from "./read-arguments.ts";

/** Resolves to the exit code. */
export async function runCommand(args: readonly string[], io: Io): Promise<number> {
  const normalizedArgs = args[0] === "help" ? [...args.slice(1), "--help"] : args;
  const [first, second = ""] = normalizedArgs;
  if (first === undefined || isHelp(first)) {
    io.out(formatOverview(await loadCommands()));
    return first === undefined ? exitUsage : exitOk;
  }
  if (first === "--version" || first === "-v" || first === "-V") {
    io.out(packageVersion);
    return exitOk;
  }
  const name = `${first} ${second}`;
  const group = commandNames.filter((candidate) => candidate.startsWith(`${first} `));
  const isHelpOfGroup = isHelp(second) && group.length > 0 && !commandNames.includes(first);
  const found = isHelpOfGroup ? undefined : findCommand(normalizedArgs);
  const pointer = found?.name === name ? undefined : findPointer(first, second);
  if (pointer !== undefined) return reportUsage([pointer], args, io);
  if (found !== undefined) {
    const command = await loadCommand(found.name);
    const [word = ""] = found.rest;
    // A word that the command does not take may be a misspelt subcommand.
    const isMisspelt = found.name === first && command.positionals.length === 0 && /^\w/.test(word);
    if (isMisspelt && suggest(`${first} ${word}`, group) !== undefined) {
      return reportUnknownCommand(`${first} ${word}`, group, args, io);
    }
    return execute(command, found.rest, io, found.name === first ? await loadCommands(group) : []);
  }
  if (group.length === 0) return reportUnknownCommand(first, commandNames.map(getFirstWord), args, io);
  if (isHelp(second)) {
    io.out(formatGroupHelp(first, await loadCommands(group)));
    return exitOk;
  }
  if (second === "" || second.startsWith("-")) {
    const help = formatGroupHelp(first, await loadCommands(group));
    return reportUsage([`openclaw ${first}: a subcommand is missing`, "", help], args, io);
  }
  return reportUnknownCommand(name, group, args, io);
}

const isHelp = (word: string): boolean => word === "--help" || word === "-h";

const getFirstWord = (name: string): string => name.split(" ")[0] ?? name;

const wantsJson = (args: readonly string[]): boolean => args.includes("--json");

function reportUnknownCommand(
  name: string,
  names: Iterable<string>,
  args: readonly string[],
  io: Io,
): number {
  const suggestion = suggest(name, names);
  const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
  return reportUsage(
    [`openclaw: unknown command "${name}"${hint}`, "openclaw --help lists the commands."],
    args,
    io,
  );
}

function reportUsage(lines: readonly string[], args: readonly string[], io: Io): number {
  if (wantsJson(args)) io.out(formatFailure(new UsageError(lines[0])));
  for (const line of lines) io.err(line);
  return exitUsage;
}

async function execute(
  command: Command,
  args: readonly string[],
  io: Io,
  subcommands: readonly Command[] = [],
): Promise<number> {
  const options = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  if (options.some(isHelp)) {
    io.out(formatCommandHelp(command, subcommands));
    return exitOk;
  }
  try {
    return await command.run(args, io);
  } catch (error) {
    if (command.printsJson === true || wantsJson(options)) io.out(formatFailure(error));
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof UsageError)) {
      io.err(message);
      return error instanceof ConfigError ? exitConfig : exitFailure;
    }
    io.err(`openclaw ${command.name}: ${message}`);
    io.err(`openclaw ${command.name} --help shows its arguments.`);
    return exitUsage;
  }
}
