/** `openclaw completion`: the script that completes the commands and options of this table in a shell. */
import { defineCommand, type Command, type CommandDescription } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { nearest } from "../server/nearest.ts";
import { completionScripts, type CompletionRule } from "./completion-scripts.ts";
import { UsageError } from "./read-arguments.ts";

export function completion(others: readonly CommandDescription[]): Command {
  const own = {
    name: "completion",
    summary: "print the script that completes commands in a shell",
    words: ["SHELL"],
    options: {},
    more: `SHELL is bash, zsh or fish. To keep it:
  bash   echo 'source <(openclaw completion bash)' >> ~/.bashrc
  zsh    echo 'source <(openclaw completion zsh)' >> ~/.zshrc
  fish   openclaw completion fish > ~/.config/fish/completions/openclaw.fish`,
    example: "source <(openclaw completion bash)",
  } as const;
  return defineCommand({
    ...own,
    run({ words: [shell] }, io) {
      const script = Object.hasOwn(completionScripts, shell)
        ? completionScripts[shell as keyof typeof completionScripts]
        : undefined;
      if (script === undefined) {
        const meant = nearest(shell, Object.keys(completionScripts));
        throw new UsageError(
          `SHELL: expected bash, zsh or fish${meant === undefined ? "" : `; did you mean ${meant}?`}`,
        );
      }
      io.out(script(rulesOf([...others, own])));
      return exitDone;
    },
  });
}

/** The first that fits counts. */
function rulesOf(commands: readonly CommandDescription[]): readonly CompletionRule[] {
  const firsts = [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? name))];
  const groups = firsts.flatMap((first) => {
    const seconds = commands.flatMap(({ name }) =>
      name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : [],
    );
    return seconds.length === 0 ? [] : [{ after: first, open: false, words: seconds }];
  });
  const values = commands.flatMap(({ name, options }) =>
    Object.entries(options).flatMap(([option, { choices = [] }]) =>
      choices.length === 0 ? [] : [{ after: `${name}* --${option}`, open: false, words: choices }],
    ),
  );
  const optionsOf = commands.map(({ name, options }) => {
    const shells = name === "completion" ? Object.keys(completionScripts) : [];
    const names = Object.keys(options).map((option) => `--${option}`);
    return { after: name, open: true, words: [...shells, ...names, "--help"] };
  });
  return [
    { after: "", open: false, words: [...firsts, "--help", "--version"] },
    ...groups,
    ...values,
    ...optionsOf,
  ];
}
