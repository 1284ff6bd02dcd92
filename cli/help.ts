/** The help of one command, of several that begin with the same word, and of all. */
import type { CommandDescription, Option } from "./define-command.ts";
import { tableLines } from "./table.ts";

export function commandHelp({ name, summary, words, options, more, example }: CommandDescription): string {
  const takes = words.map((word) => (word.endsWith("?") ? ` [${word.slice(0, -1)}]` : ` ${word}`)).join("");
  const rows = Object.entries(options).map(([long, option]) => [optionName(long, option), option.says]);
  return [
    `openclaw ${name}: ${summary}`,
    "",
    `Usage: openclaw ${name}${takes}${rows.length > 0 ? " [options]" : ""}`,
    ...(rows.length > 0 ? ["", ...indented(rows)] : []),
    ...(more === undefined ? [] : ["", more]),
    "",
    `Example: ${example}`,
  ].join("\n");
}

export function groupHelp(word: string, commands: readonly CommandDescription[]): string {
  return [
    `Usage: openclaw ${word} COMMAND [options]`,
    "",
    ...listed(commands),
    "",
    `openclaw ${word} COMMAND --help says more of one.`,
    "",
    `Example: ${commands[0]?.example}`,
  ].join("\n");
}

export function overview(commands: readonly CommandDescription[]): string {
  return [
    "openclaw: AI agents behind the OpenAI API",
    "",
    "Usage: openclaw COMMAND [options]",
    "",
    ...listed(commands),
    "",
    "openclaw COMMAND --help says more of one. openclaw --version prints the version.",
    "",
    'Example: openclaw agent -m "Hello! Who are you?"',
  ].join("\n");
}

function listed(commands: readonly CommandDescription[]): readonly string[] {
  return indented(commands.map(({ name, summary }) => [name, summary]));
}

function indented(rows: readonly (readonly string[])[]): readonly string[] {
  return tableLines(rows).map((line) => `  ${line}`);
}

function optionName(long: string, { short, value }: Option): string {
  return `${short === undefined ? "" : `-${short}, `}--${long}${value === undefined ? "" : ` ${value}`}`;
}
