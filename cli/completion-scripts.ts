/** The scripts that complete words in a shell: the same rules in three languages. */

/** After these words, with anything behind them when `open`, these come next. */
export interface CompletionRule {
  readonly after: string;
  readonly open: boolean;
  readonly words: readonly string[];
}

/** As patterns of a shell: a star stands for anything, a blank for itself. */
const patterns = ({ after, open }: CompletionRule): readonly string[] =>
  open ? [after, `${after} *`] : [after];

/** A `case` of bash and of zsh. */
function cases(rules: readonly CompletionRule[]): string {
  const quoted = (pattern: string): string =>
    pattern
      .split("*")
      .map((part) => `"${part}"`)
      .join("*");
  return rules
    .map((rule) => `    ${patterns(rule).map(quoted).join("|")}) words="${rule.words.join(" ")}" ;;`)
    .join("\n");
}

function fishCases(rules: readonly CompletionRule[]): string {
  const quoted = (pattern: string): string => `'${pattern}'`;
  return rules
    .map(
      (rule) =>
        `    case ${patterns(rule).map(quoted).join(" ")}\n      string split " " -- "${rule.words.join(" ")}"`,
    )
    .join("\n");
}

export const completionScripts = {
  bash: (rules: readonly CompletionRule[]) => `_openclaw() {
  local words=""
  case "\${COMP_WORDS[*]:1:COMP_CWORD-1}" in
${cases(rules)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _openclaw openclaw`,
  zsh: (rules: readonly CompletionRule[]) => `#compdef openclaw
_openclaw() {
  local before="\${(j: :)words[2,CURRENT-1]}" words=""
  case "$before" in
${cases(rules)}
  esac
  compadd -- \${(s: :)words} || _default
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _openclaw openclaw`,
  fish: (rules: readonly CompletionRule[]) => `function __openclaw
  switch (string join " " -- (commandline -opc)[2..])
${fishCases(rules)}
  end
end
complete -c openclaw -f -a "(__openclaw)"`,
} as const;
