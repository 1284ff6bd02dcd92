/** The scripts of `openclaw completion`, read by the shells that they are for, and asked as a Tab asks. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandNames } from "../../cli/commands.ts";
import { run } from "../support/clients/command-line.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";

/** What the shell offers at the end of a line that begins with `openclaw `. */
type Complete = (script: string, line: string) => readonly string[];

/** Runs the shell without anybody's settings. */
function shell(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const home = createTemporaryFolder();
  const { stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    timeout: 30_000,
    env: { PATH: process.env["PATH"], HOME: home, TERM: "dumb", ...env },
  });
  expect(stderr).toBe("");
  return stdout;
}

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== "");

/** Readline's own way to call a completion function. */
const bash: Complete = (script, line) => {
  const before = `openclaw ${line}`;
  const command = `source "$SCRIPT"
eval "COMP_WORDS=($LINE)"
[[ $LINE == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)) COMP_LINE=$LINE
registered=$(complete -p openclaw) && registered=\${registered#*-F } && \${registered%% *}
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return words(shell("bash", ["--norc", "-c", command], { SCRIPT: script, LINE: before }));
};

/** An interactive zsh in a terminal of its own; what its completion adds is printed instead. */
const zsh: Complete = (script, line) => {
  const command = `zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'source "$SCRIPT"; stty -echo'
zpty -w z 'compadd() { local -a found; builtin compadd -O found "$@"; print -r -- "found<\${(j: :)found}>" }'
zpty -w z 'bindkey "^I" complete-word; print "rea""dy"'
zpty -r -m z _ '*ready*'
zpty -w -n z "openclaw $LINE"$'\\t'
zpty -r -m z found '*found<*>*'
zpty -d z
print -r -- "$found"`;
  const output = shell("zsh", ["-f", "-c", command], { SCRIPT: script, LINE: line });
  return words(/found<([^>]*)>/.exec(output)?.[1] ?? "");
};

const fish: Complete = (script, line) => {
  const command = 'source "$SCRIPT"; complete -C "openclaw $LINE"';
  return words(shell("fish", ["--no-config", "-c", command], { SCRIPT: script, LINE: line }));
};

const firstWords = [...new Set(commandNames.flatMap((name) => name.split(" ").slice(0, 1)))];
const listSubcommands = (group: string): readonly string[] =>
  commandNames.flatMap((name) => (name.startsWith(`${group} `) ? name.split(" ").slice(1) : []));

describe.each([
  ["bash", bash],
  ["zsh", zsh],
  ["fish", fish],
] as const)("%s", (name, complete) => {
  const isInstalled = spawnSync(name, ["--version"]).status === 0;

  test.skipIf(!isInstalled)(`completes commands, options and their values (needs ${name})`, async () => {
    const script = join(createTemporaryFolder(), "openclaw");
    writeFileSync(script, (await run({}, ["completion", name])).out);
    const listOffers = (line: string): readonly string[] => complete(script, line).toSorted();

    expect(listOffers("")).toEqual([...firstWords, "--help", "--version", "--profile", "--dev"].toSorted());
    expect(listOffers("ag")).toEqual(["agent", "agents"]);
    expect(listOffers("sessions ")).toEqual(listSubcommands("sessions").toSorted());
    expect(listOffers("sessions show --")).toEqual(["--help", "--json", "--limit"]);
    expect(listOffers("agent --session")).toEqual(["--session-id", "--session-key"]);
    expect(listOffers('agent -m "hi there" --thinking m')).toEqual(["max", "medium", "minimal"]);
    expect(listOffers("agents list --")).toEqual(["--help", "--json"]);
    expect(listOffers("completion z")).toEqual(["zsh"]);
  });
});
