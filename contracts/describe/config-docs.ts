/** Renders the tables of docs/configuration.md from the configuration's JSON Schema. */
import { createInlineConfigSchema, type ConfigSchemaNode } from "../config/json-schema.ts";

/** Each group has a table. A key belongs to the group with the longest matching prefix. */
const groups = [
  "gateway",
  "gateway.auth",
  "gateway.http",
  "gateway.limits",
  "agents",
  "models",
  "tools",
  "session",
  "hooks",
  "usage",
  "budgets",
  "audit",
  "logging",
  "diagnostics",
  "env",
  "secrets",
];

/** These settings are the same as those of `agents.list[]` and are not repeated. */
const agentEntriesPrefix = "agents.entries.";

interface Row {
  readonly key: string;
  readonly type: string;
  readonly defaultValue: string;
  readonly meaning: string;
}

/** Returns Markdown: a heading and a table for each group. */
export function renderConfigTables(): string {
  const rows = collectRows("", createInlineConfigSchema(), false).filter(
    (row) => !row.key.startsWith(agentEntriesPrefix),
  );
  const findGroup = (key: string): string | undefined =>
    groups.findLast((group) => key.startsWith(`${group}.`) || key.startsWith(`${group}[`));
  return groups
    .map((group) => {
      const lines = rows.filter((row) => findGroup(row.key) === group).map(renderRow);
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

function renderRow({ key, type, defaultValue, meaning }: Row): string {
  return `| ${[`\`${key}\``, type, defaultValue, meaning].map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Returns the row of a key, unless it is only a group, and the rows of its children. */
function collectRows(key: string, node: ConfigSchemaNode, required: boolean): readonly Row[] {
  const self: Row = {
    key,
    type: describeType(node),
    defaultValue: describeDefault(node, required),
    meaning: node.description ?? "",
  };
  const childRows = [
    ...collectChildRows(key, node),
    ...(node.anyOf ?? node.oneOf ?? [])
      .filter((branch) => branch.title === undefined)
      .flatMap((branch) => collectChildRows(key, branch)),
  ];
  const isGroup = node.properties !== undefined;
  return isGroup ? childRows : [self, ...childRows];
}

function collectChildRows(key: string, node: ConfigSchemaNode): readonly Row[] {
  const rows = Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    collectRows(key === "" ? name : `${key}.${name}`, child, node.required?.includes(name) ?? false),
  );
  if (node.items !== undefined) rows.push(...collectChildRows(`${key}[]`, node.items));
  if (typeof node.additionalProperties === "object") {
    rows.push(...collectChildRows(`${key}.<name>`, node.additionalProperties));
  }
  return rows;
}

/** A shape with a title is described once, in the text. */
function describeType(node: ConfigSchemaNode): string {
  if (node.title !== undefined) return node.title;
  if (node.enum !== undefined) return node.enum.map((value) => formatCode(value)).join(", ");
  const branches = node.anyOf ?? node.oneOf;
  if (branches !== undefined) return [...new Set(branches.map(describeType))].join(" or ");
  if (node.items !== undefined) return `list of ${describeType(node.items)}`;
  if (typeof node.additionalProperties === "object")
    return `map of ${describeType(node.additionalProperties)}`;
  return node.type ?? "anything";
}

function describeDefault(node: ConfigSchemaNode, required: boolean): string {
  if (required) return "required";
  return node.default === undefined ? "" : formatCode(node.default);
}

function formatCode(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}
