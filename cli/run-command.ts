/** Finds and runs the command that the arguments name, and reports errors. */
import { ConfigError } from "../server/lib/config-error.ts";
import { suggest } from "../server/lib/did-you-mean.ts";
import { packageVersion } from "../server/lib/package.ts";
import { commands } from "./commands.ts";
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
    io.out(formatOverview(commands));
    return first === undefined ? exitUsage : exitOk;
  }
  if (first === "--version" || first === "-v") {
    io.out(packageVersion);
    return exitOk;
  }
  const single = commands.find(({ name }) => name === first);
  if (single !== undefined) return execute(single, normalizedArgs.slice(1), io);

  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  const command = group.find(({ name }) => name === `${first} ${second}`);
  if (command !== undefined) return execute(command, rest, io);
  if (group.length === 0) return reportUnknownCommand(first, commands.map(getFirstWord), io);
  if (second === undefined) {
    io.err(`openclaw ${first}: a subcommand is missing\n\n${formatGroupHelp(first, group)}`);
    return exitUsage;
  }
  if (isHelp(second)) {
    io.out(formatGroupHelp(first, group));
    return exitOk;
  }
  const names = group.map(({ name }) => name);
  return reportUnknownCommand(`${first} ${second}`, names, io);
}

const isHelp = (word: string): boolean => word === "--help" || word === "-h";

const getFirstWord = ({ name }: Command): string => name.split(" ")[0] ?? name;

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
