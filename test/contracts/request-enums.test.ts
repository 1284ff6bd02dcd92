/** Every value of every enumeration of a request is in an example, or the server handles it by name. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { exampleSets } from "../../contracts/examples/index.ts";
import { packageRoot } from "../../server/lib/package.ts";

/** Returns the values of the enumerations in a JSON Schema. */
function listEnumValues(node: unknown): readonly string[] {
  if (typeof node !== "object" || node === null) return [];
  const values = "enum" in node && Array.isArray(node.enum) ? (node.enum as readonly unknown[]) : [];
  const texts = values.length > 1 ? values.filter((value) => typeof value === "string") : [];
  return [...texts, ...Object.values(node).flatMap(listEnumValues)];
}

/** Values that have the effect of another one, or none. */
const reasons: ReadonlyMap<string, string> = new Map([
  ...["aac", "flac", "mp3", "opus", "pcm16", "wav"].map(
    (format) =>
      [
        format,
        "no agent speaks: options of audio are read so that the modality `audio` can be refused",
      ] as const,
  ),
  ...["assistants", "batch", "evals", "fine-tune", "vision"].map(
    (purpose) => [purpose, "a file of any purpose may be used in any message"] as const,
  ),
  ["2h", "a background response starts at once: the windows are upper limits"],
  ["8h", "a background response starts at once: the windows are upper limits"],
  ["concise", "the provider decides how long its summary is"],
  ["detailed", "the provider decides how long its summary is"],
  ["between_tools", "as `adaptive`: providers think between calls by themselves"],
]);

const sources = globSync("server/**/*.ts", { cwd: packageRoot })
  .map((file) => readFileSync(join(packageRoot, file), "utf8"))
  .join("\n");

function listUncovered({ endpoint, examples }: (typeof exampleSets)[number]): readonly string[] {
  const { query, headers, body } = endpoint;
  const schemas = [query, headers, body].flatMap((schema) => (schema === undefined ? [] : [schema]));
  const values = schemas.flatMap((schema) =>
    listEnumValues(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" })),
  );
  const requests = JSON.stringify(examples.map(({ request }) => request));
  return values.filter((value) => {
    const literal = JSON.stringify(value);
    return !requests.includes(literal) && !sources.includes(literal);
  });
}

test("no value of a request is accepted that nothing handles", () => {
  const uncovered = new Set(exampleSets.flatMap(listUncovered));
  expect([...uncovered].toSorted()).toEqual([...reasons.keys()].toSorted());
});
