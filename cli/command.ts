/** Finds the command that the arguments name; says what is wrong when there is none, or when it fails. */
import { ConfigError } from "../server/config/config-error.ts";
import { nearest } from "../server/nearest.ts";
import { packageVersion } from "../server/package.ts";
import { commands } from "./commands.ts";
import type { Command } from "./define-command.ts";
import { exitConfig, exitDone, exitFailed, exitUsage } from "./exit-codes.ts";
import { commandHelp, groupHelp, overview } from "./help.ts";
import type { Io } from "./io.ts";
import { UsageError } from "./read-arguments.ts";

/** Resolves to the exit code. */
export async function runCommand(args: readonly string[], io: Io): Promise<number> {
  const asked = args[0] === "help" ? [...args.slice(1), "--help"] : args;
  const [first, second, ...rest] = asked;
  if (first === undefined || isHelp(first)) {
    io.out(overview(commands));
    return first === undefined ? exitUsage : exitDone;
  }
  if (first === "--version" || first === "-v") {
    io.out(packageVersion);
    return exitDone;
  }
  const single = commands.find(({ name }) => name === first);
  if (single !== undefined) return run(single, asked.slice(1), io);

  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  const command = group.find(({ name }) => name === `${first} ${second}`);
  if (command !== undefined) return run(command, rest, io);
  if (group.length === 0) return unknown(first, commands.map(firstWord), io);
  if (second === undefined) {
    io.err(`openclaw ${first}: what to do is missing\n\n${groupHelp(first, group)}`);
    return exitUsage;
  }
  if (isHelp(second)) {
    io.out(groupHelp(first, group));
    return exitDone;
  }
  const names = group.map(({ name }) => name);
  return unknown(`${first} ${second}`, names, io);
}

const isHelp = (word: string): boolean => word === "--help" || word === "-h";

const firstWord = ({ name }: Command): string => name.split(" ")[0] ?? name;

function unknown(name: string, names: Iterable<string>, io: Io): number {
  const meant = nearest(name, names);
  io.err(`openclaw: unknown command "${name}"${meant === undefined ? "" : `; did you mean "${meant}"?`}`);
  io.err("openclaw --help lists the commands.");
  return exitUsage;
}

async function run(command: Command, args: readonly string[], io: Io): Promise<number> {
  const options = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  if (options.some(isHelp)) {
    io.out(commandHelp(command));
    return exitDone;
  }
  try {
    return await command.run(args, io);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof UsageError)) {
      io.err(message);
      return error instanceof ConfigError ? exitConfig : exitFailed;
    }
    io.err(`openclaw ${command.name}: ${message}`);
    io.err(`openclaw ${command.name} --help says what it takes.`);
    return exitUsage;
  }
}
