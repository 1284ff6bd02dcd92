/** `openclaw completion`: prints the script that completes commands and options in a shell. */
import { defineCommand, type Command, type CommandDescription } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { suggest } from "../server/lib/did-you-mean.ts";
import { completionScripts, type CompletionRule } from "./completion-scripts.ts";
import { UsageError } from "./read-arguments.ts";

export function createCompletionCommand(commands: readonly CommandDescription[]): Command {
  const commandDescription = {
    name: "completion",
    summary: "print the script that completes commands in a shell",
    positionals: ["SHELL"],
    options: {},
    details: `SHELL is bash, zsh or fish. To install it:
  bash   echo 'source <(openclaw completion bash)' >> ~/.bashrc
  zsh    echo 'source <(openclaw completion zsh)' >> ~/.zshrc
  fish   openclaw completion fish > ~/.config/fish/completions/openclaw.fish`,
    example: "source <(openclaw completion bash)",
  } as const;
  return defineCommand({
    ...commandDescription,
    run({ positionals: [shell] }, io) {
      const script = Object.hasOwn(completionScripts, shell)
        ? completionScripts[shell as keyof typeof completionScripts]
        : undefined;
      if (script === undefined) {
        const suggestion = suggest(shell, Object.keys(completionScripts));
        throw new UsageError(
          `SHELL: expected bash, zsh or fish${suggestion === undefined ? "" : `; did you mean ${suggestion}?`}`,
        );
      }
      io.out(script(createRules([...commands, commandDescription])));
      return exitOk;
    },
  });
}

/** Creates the rules. The first matching rule applies. */
function createRules(commands: readonly CommandDescription[]): readonly CompletionRule[] {
  const firstWords = [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? name))];
  const groups = firstWords.flatMap((first) => {
    const subcommands = commands.flatMap(({ name }) =>
      name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : [],
    );
    // A command may also be the first word of others.
    const own = Object.keys(commands.find(({ name }) => name === first)?.options ?? {});
    const words = [...subcommands, ...own.map((option) => `--${option}`)];
    return subcommands.length === 0 ? [] : [{ after: first, open: false, words }];
  });
  const values = commands.flatMap(({ name, options }) =>
    Object.entries(options).flatMap(([option, { choices = [] }]) =>
      choices.length === 0 ? [] : [{ after: `${name}* --${option}`, open: false, words: choices }],
    ),
  );
  const optionsOf = commands.map(({ name, options }) => {
    const shellNames = name === "completion" ? Object.keys(completionScripts) : [];
    const names = Object.keys(options).map((option) => `--${option}`);
    return { after: name, open: true, words: [...shellNames, ...names, "--help"] };
  });
  return [
    { after: "", open: false, words: [...firstWords, "--help", "--version", "--profile", "--dev"] },
    ...groups,
    ...values,
    ...optionsOf,
  ];
}
