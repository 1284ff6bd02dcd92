/** Checks the documents with tools that are not dependencies: they take 100 MB and have install scripts. Skips, and says so, without them. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const tools = join(root, ".linters");
const packages = ["@asyncapi/parser@3.6.6", "@stoplight/spectral-cli@6.16.3"];
const documents = ["openapi.yaml", "generated/asyncapi.yaml"];

interface Parser {
  parse(text: string): Promise<{
    readonly document?: object;
    readonly diagnostics: readonly {
      readonly message: string;
      readonly path: readonly (string | number)[];
    }[];
  }>;
}

async function runAsyncApiParser(): Promise<boolean> {
  const load = createRequire(join(tools, "package.json"));
  const { Parser: create } = load("@asyncapi/parser") as { readonly Parser: new () => Parser };
  const text = await readFile(join(root, "generated/asyncapi.yaml"), "utf8");
  const { document, diagnostics } = await new create().parse(text);
  for (const { message, path } of diagnostics) console.error(`${path.join("/")}: ${message}`);
  return document !== undefined && diagnostics.length === 0;
}

function runSpectral(): boolean {
  const args = ["lint", "--ruleset", ".spectral.yaml", "--fail-severity", "hint", ...documents];
  const binary = join(tools, "node_modules/.bin/spectral");
  return spawnSync(binary, args, { cwd: root, stdio: "inherit" }).status === 0;
}

const isInstalled = existsSync(join(tools, "node_modules/.bin/spectral"));
if (!isInstalled) {
  console.log(`skipped: run npm install --prefix .linters --ignore-scripts ${packages.join(" ")}`);
} else if (!(await (process.argv[2] === "spectral" ? runSpectral() : runAsyncApiParser()))) {
  process.exitCode = 1;
}
