/** Finds and runs the command that the arguments name, and reports errors. */
import { ConfigError } from "../server/lib/config-error.ts";
import { suggest } from "../server/lib/did-you-mean.ts";
import { packageVersion } from "../server/lib/package.ts";
import { commandNames, loadCommand, loadCommands } from "./commands.ts";
import type { Command } from "./define-command.ts";
import { exitConfig, exitOk, exitFailure, exitUsage } from "./exit-codes.ts";
import { formatCommandHelp, formatGroupHelp, formatOverview } from "./help.ts";
import type { Io } from "./io.ts";
import { UsageError } from "./read-arguments.ts";

/** Resolves to the exit code. */
export async function runCommand(args: readonly string[], io: Io): Promise<number> {
  const normalizedArgs = args[0] === "help" ? [...args.slice(1), "--help"] : args;
  const [first, second, ...rest] = normalizedArgs;
  if (first === undefined || isHelp(first)) {
    io.out(formatOverview(await loadCommands()));
    return first === undefined ? exitUsage : exitOk;
  }
  if (first === "--version" || first === "-v") {
    io.out(packageVersion);
    return exitOk;
  }
  if (commandNames.includes(first)) return execute(await loadCommand(first), normalizedArgs.slice(1), io);

  const group = commandNames.filter((name) => name.startsWith(`${first} `));
  const name = `${first} ${second}`;
  if (group.includes(name)) return execute(await loadCommand(name), rest, io);
  if (group.length === 0) return reportUnknownCommand(first, commandNames.map(getFirstWord), io);
  if (second === undefined) {
    const help = formatGroupHelp(first, await loadCommands(group));
    io.err(`openclaw ${first}: a subcommand is missing\n\n${help}`);
    return exitUsage;
  }
  if (isHelp(second)) {
    io.out(formatGroupHelp(first, await loadCommands(group)));
    return exitOk;
  }
  return reportUnknownCommand(name, group, io);
}

const isHelp = (word: string): boolean => word === "--help" || word === "-h";

const getFirstWord = (name: string): string => name.split(" ")[0] ?? name;

function reportUnknownCommand(name: string, names: Iterable<string>, io: Io): number {
  const suggestion = suggest(name, names);
  io.err(
    `openclaw: unknown command "${name}"${suggestion === undefined ? "" : `; did you mean "${suggestion}"?`}`,
  );
  io.err("openclaw --help lists the commands.");
  return exitUsage;
}

async function execute(command: Command, args: readonly string[], io: Io): Promise<number> {
  const options = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  if (options.some(isHelp)) {
    io.out(formatCommandHelp(command));
    return exitOk;
  }
  try {
    return await command.run(args, io);
  } catch (error) {
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
