/** Formats the help of a command, of a group of commands, and the overview. */
import type { CommandDescription, Option } from "./define-command.ts";
import { formatTable } from "./table.ts";

/** @param subcommands commands whose first word is this command */
export function formatCommandHelp(
  { name, summary, positionals, options, details, example }: CommandDescription,
  subcommands: readonly CommandDescription[] = [],
): string {
  const usage = positionals
    .map((word) => (word.endsWith("?") ? ` [${word.slice(0, -1)}]` : ` ${word}`))
    .join("");
  const rows = Object.entries(options).map(([long, option]) => [
    formatOption(long, option),
    option.description,
  ]);
  return [
    `openclaw ${name}: ${summary}`,
    "",
    `Usage: openclaw ${name}${usage}${rows.length > 0 ? " [options]" : ""}`,
    ...(rows.length > 0 ? ["", ...indentRows(rows)] : []),
    ...(details === undefined ? [] : ["", details]),
    ...(subcommands.length === 0 ? [] : ["", "Further commands:", ...formatCommands(subcommands)]),
    "",
    `Example: ${example}`,
  ].join("\n");
}

export function formatGroupHelp(word: string, commands: readonly CommandDescription[]): string {
  return [
    `Usage: openclaw ${word} COMMAND [options]`,
    "",
    ...formatCommands(commands),
    "",
    `openclaw ${word} COMMAND --help describes a command.`,
    "",
    `Example: ${commands[0]?.example}`,
  ].join("\n");
}

const globalOptions = [
  ["--profile NAME", "use ~/.openclaw-NAME instead of ~/.openclaw (also OPENCLAW_PROFILE)"],
  ["--dev", "use ~/.openclaw-dev and port 19001"],
  ["--log-level LEVEL", "level of the gateway's log (also OPENCLAW_LOG_LEVEL)"],
  ["--no-color", "print no colours (also NO_COLOR)"],
];

export function formatOverview(commands: readonly CommandDescription[]): string {
  return [
    "openclaw: AI agents behind the OpenAI API",
    "",
    "Usage: openclaw COMMAND [options]",
    "",
    ...formatCommands(commands),
    "",
    "openclaw COMMAND --help describes a command. openclaw --version prints the version.",
    "",
    "Before the command:",
    ...indentRows(globalOptions),
    "",
    'Example: openclaw agent "Hello! Who are you?"',
  ].join("\n");
}

function formatCommands(commands: readonly CommandDescription[]): readonly string[] {
  return indentRows(commands.map(({ name, summary }) => [name, summary]));
}

function indentRows(rows: readonly (readonly string[])[]): readonly string[] {
  return formatTable(rows).map((line) => `  ${line}`);
}

function formatOption(long: string, { short, value }: Option): string {
  return `${short === undefined ? "" : `-${short}, `}--${long}${value === undefined ? "" : ` ${value}`}`;
}
