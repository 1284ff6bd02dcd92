import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";

const client = join(packageRoot, "clients/typescript");
const { exports } = JSON.parse(readFileSync(join(client, "package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, string>>;
};

/** Largest size of an entry in a bundle, minified and gzipped, in bytes. */
const limits: Readonly<Record<string, number>> = {
  ".": 9_000,
  "./chat": 4_000,
  "./conversations": 3_500,
  "./embeddings": 3_000,
  "./errors": 1_000,
  "./files": 3_500,
  "./messages": 4_000,
  "./models": 3_500,
  "./responses": 5_000,
  "./sessions": 4_000,
  "./socket": 4_000,
  "./structured-output": 1_500,
  "./tools": 3_000,
};

test("every entry is small: a bundle has only what it imports", async () => {
  const sizes = new Map<string, number>();
  for (const [entry, source] of Object.entries(exports)) {
    const bundle = await rolldown({ input: join(client, source), platform: "browser" });
    const { output } = await bundle.generate({ format: "esm", minify: true });
    const code = output.map((chunk) => ("code" in chunk ? chunk.code : "")).join("");
    sizes.set(entry, gzipSync(code).length);
  }
  console.log([...sizes].map(([entry, bytes]) => `${entry.padEnd(20)} ${bytes} B gz`).join("\n"));

  expect([...sizes.keys()]).toEqual(Object.keys(limits));
  expect([...sizes].filter(([entry, bytes]) => bytes > (limits[entry] ?? 0))).toEqual([]);
  const toKilobytes = (entry: string): string => `${(limits[entry] ?? 0) / 1000} kB`;
  expect(readFileSync(join(client, "README.md"), "utf8")).toContain(
    `Chat alone is less than ${toKilobytes("./chat")}, everything less than ${toKilobytes(".")},`,
  );
});
