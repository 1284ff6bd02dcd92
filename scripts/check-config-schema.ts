/** Checks generated/config.schema.json: Ajv's strict mode, a description of every property, and that each example is valid. */
import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";

interface Node {
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly [keyword: string]: unknown;
}

const schema = JSON.parse(
  await readFile(new URL("../generated/config.schema.json", import.meta.url), "utf8"),
) as Node & { readonly $id: string };

// Strict mode rejects unknown keywords and formats. The formats themselves are not checked here.
const ajv = new Ajv2020({ strict: true, allErrors: true, formats: { ipv4: true, ipv6: true, uri: true } });
ajv.compile(schema);

const problems: string[] = [];
function visit(node: unknown, pointer: string): void {
  if (typeof node !== "object" || node === null) return;
  const { properties = {}, examples = [] } = node as Node;
  for (const [name, property] of Object.entries(properties)) {
    // A shared part has its description in `$defs`.
    if (property.description === undefined && property["$ref"] === undefined)
      problems.push(`${pointer}/properties/${name} has no description`);
  }
  const validate = examples.length > 0 ? ajv.compile({ $ref: `${schema.$id}#${pointer}` }) : undefined;
  for (const example of examples) {
    if (!validate?.(example)) problems.push(`${pointer}: ${ajv.errorsText(validate?.errors)}`);
  }
  for (const [key, value] of Object.entries(node)) {
    if (key === "examples" || key === "default" || key === "enum") continue;
    visit(value, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  }
}
visit(schema, "");

if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exitCode = 1;
}
