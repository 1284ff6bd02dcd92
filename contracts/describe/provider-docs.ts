/** Renders the table of docs/models.md with the known providers. */
import { knownProviders, type KnownProvider } from "../config/known-providers.ts";

/** Returns Markdown: what can be used, and what cannot and why. */
export function renderKnownProviders(): string {
  const served = knownProviders.filter(({ api }) => api !== undefined);
  const others = knownProviders.filter(({ api }) => api === undefined);
  return [
    "| provider | `api` | address | key | for instance |",
    "| --- | --- | --- | --- | --- |",
    ...served.map(renderServed),
    "",
    "These names of OpenClaw's providers are errors:",
    "",
    "| provider | why, and what to use |",
    "| --- | --- |",
    ...others.map(
      (provider) => `| ${formatNames(provider)} | It ${escapeTags(provider.unsupported ?? "")}. |`,
    ),
  ].join("\n");
}

function renderServed(provider: KnownProvider): string {
  const { id, api = "", baseUrl, env = [], isKeyOptional = false, models = [], note } = provider;
  const address = [baseUrl === undefined ? "your own: set `baseUrl`" : code(baseUrl), note ?? ""];
  const key = env.map(code).join(", ");
  const [example] = models;
  const cells = [
    formatNames(provider),
    code(api),
    address.filter((text) => text !== "").join(". "),
    isKeyOptional ? (key === "" ? "none" : `${key}, optional`) : key,
    example === undefined ? "" : code(`${id}/${example}`),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** `<model>` would be a tag of HTML. */
const escapeTags = (text: string): string => text.replaceAll("<", String.raw`\<`);

const code = (text: string): string => `\`${text}\``;

const formatNames = ({ id, aliases = [] }: KnownProvider): string => [id, ...aliases].map(code).join(", ");
