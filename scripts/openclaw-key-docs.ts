/** Renders the tables of docs/openclaw.md: OpenClaw's keys that this gateway ignores or refuses, from the data of a release. */
import data from "../server/config/openclaw/keys-2026.9.6.json" with { type: "json" };

/** Names of the data for places that have the same keys. */
const places: Readonly<Record<string, string>> = {
  "<agent>": "agents.*",
  "<tools>": "tools",
  "<agentTools>": "agents.*.tools",
  "<models>": "models.*",
};

export function renderOpenClawKeys(): string {
  return [
    `The lists are those of OpenClaw ${data.release}. \`agents.*\` is \`agents.defaults\` and every agent; \`tools\` is also the \`tools\` of an agent; \`models.*\` is every provider, every model of one, and \`models\` of an agent.`,
    "",
    "### Ignored",
    "",
    "| key | there | here |",
    "| --- | --- | --- |",
    ...data.ignored.map(
      ({ keys, there, here }) => `| ${keys.split(" ").map(formatKey).join(", ")} | ${there} | ${here} |`,
    ),
    "",
    "### Refused",
    "",
    "| key | values | there | instead |",
    "| --- | --- | --- | --- |",
    ...data.refused.map(
      (rule) => `| ${[formatKey(rule.key), formatValues(rule), rule.there, rule.instead].join(" | ")} |`,
    ),
  ].join("\n");
}

const formatKey = (key: string): string =>
  `\`${key.replace(/^<[a-zA-Z]+>/, (name) => places[name] ?? name)}\``;

interface Values {
  readonly only?: readonly unknown[];
  readonly except?: readonly unknown[];
}

function formatValues({ only, except }: Values): string {
  const format = (values: readonly unknown[]): string =>
    values.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (only !== undefined) return format(only);
  return except === undefined ? "all" : `all but ${format(except)}`;
}
