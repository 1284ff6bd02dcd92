/** The configuration's tables for docs/configuration.md, read from its JSON Schema. */
import { configJsonSchema, type ConfigSchemaNode } from "../config/json-schema.ts";

/** Groups with a table of their own; every key stands in that of its longest prefix. */
const groups = [
  "gateway",
  "gateway.auth",
  "gateway.http",
  "gateway.limits",
  "agents",
  "models",
  "tools",
  "session",
  "logging",
];

/** Its settings are those of `agents.list[]`. */
const saidElsewhere = "agents.entries.";

interface Row {
  readonly key: string;
  readonly type: string;
  readonly fallback: string;
  readonly meaning: string;
}

/** Markdown: a heading and a table for each group. */
export function configTables(): string {
  const rows = rowsOf("", configJsonSchema(), false).filter((row) => !row.key.startsWith(saidElsewhere));
  const groupOf = (key: string): string | undefined =>
    groups.findLast((group) => key.startsWith(`${group}.`) || key.startsWith(`${group}[`));
  return groups
    .map((group) => {
      const lines = rows.filter((row) => groupOf(row.key) === group).map(tableLine);
      return [
        `### ${group}`,
        "",
        "| key | type | default | meaning |",
        "| --- | --- | --- | --- |",
        ...lines,
      ].join("\n");
    })
    .join("\n\n");
}

function tableLine({ key, type, fallback, meaning }: Row): string {
  return `| ${[`\`${key}\``, type, fallback, meaning].map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** The rows of a key: itself when it has something to say, then those within. */
function rowsOf(key: string, node: ConfigSchemaNode, required: boolean): readonly Row[] {
  const self: Row = {
    key,
    type: typeOf(node),
    fallback: fallbackOf(node, required),
    meaning: node.description ?? "",
  };
  const within = [...inner(key, node), ...(node.anyOf ?? []).flatMap((branch) => inner(key, branch))];
  const group = node.properties !== undefined;
  return group ? within : [self, ...within];
}

function inner(key: string, node: ConfigSchemaNode): readonly Row[] {
  const rows = Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    rowsOf(key === "" ? name : `${key}.${name}`, child, node.required?.includes(name) ?? false),
  );
  if (node.items !== undefined) rows.push(...inner(`${key}[]`, node.items));
  if (typeof node.additionalProperties === "object") {
    rows.push(...inner(`${key}.<name>`, node.additionalProperties));
  }
  return rows;
}

function typeOf(node: ConfigSchemaNode): string {
  if (node.enum !== undefined) return node.enum.map((value) => code(value)).join(", ");
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeOf))].join(" or ");
  if (node.items !== undefined) return `list of ${typeOf(node.items)}`;
  if (typeof node.additionalProperties === "object") return `map of ${typeOf(node.additionalProperties)}`;
  return node.type ?? "anything";
}

function fallbackOf(node: ConfigSchemaNode, required: boolean): string {
  if (required) return "required";
  return node.default === undefined ? "" : code(node.default);
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}
