/** The completion scripts for bash, zsh and fish, from the same rules. */

/** The words that can follow `after`. If `open`, other words may stand between. */
export interface CompletionRule {
  readonly after: string;
  readonly open: boolean;
  readonly words: readonly string[];
}

/** Returns shell patterns: `*` matches anything. */
const listPatterns = ({ after, open }: CompletionRule): readonly string[] =>
  open ? [after, `${after} *`] : [after];

/** Formats the branches of a `case` for bash and zsh. */
function formatCases(rules: readonly CompletionRule[]): string {
  const quote = (pattern: string): string =>
    pattern
      .split("*")
      .map((part) => `"${part}"`)
      .join("*");
  return rules
    .map((rule) => `    ${listPatterns(rule).map(quote).join("|")}) words="${rule.words.join(" ")}" ;;`)
    .join("\n");
}

function formatFishCases(rules: readonly CompletionRule[]): string {
  const quote = (pattern: string): string => `'${pattern}'`;
  return rules
    .map(
      (rule) =>
        `    case ${listPatterns(rule).map(quote).join(" ")}\n      string split " " -- "${rule.words.join(" ")}"`,
    )
    .join("\n");
}

export const completionScripts = {
  bash: (rules: readonly CompletionRule[]) => `_openclaw() {
  local words=""
  case "\${COMP_WORDS[*]:1:COMP_CWORD-1}" in
${formatCases(rules)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _openclaw openclaw`,
  zsh: (rules: readonly CompletionRule[]) => `#compdef openclaw
_openclaw() {
  local before="\${(j: :)words[2,CURRENT-1]}" words=""
  case "$before" in
${formatCases(rules)}
  esac
  compadd -- \${(s: :)words} || _default
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _openclaw openclaw`,
  fish: (rules: readonly CompletionRule[]) => `function __openclaw
  switch (string join " " -- (commandline -opc)[2..])
${formatFishCases(rules)}
  end
end
complete -c openclaw -f -a "(__openclaw)"`,
} as const;
