/**
 * Bundles the command line and the gateway, with the packages that they use, to `dist/`: a start reads a few files
 * instead of a thousand. See docs/decisions/0019-the-build-is-a-bundle.md.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { rolldown, type Plugin } from "rolldown";
import { createSbom } from "./sbom.ts";

const root = join(import.meta.dirname, "..");
const outputFolder = join(root, "dist");

/** Packages with native parts, and the packages of the threads that read documents. They are installed beside the bundle. */
const external = [/^@napi-rs\/canvas/, /^node-llama-cpp/, /^node-html-markdown/, /^unpdf/];

/**
 * An import of a module of Node evaluates all its exports. For `node:http` that loads Node's own `fetch`, which takes
 * 40 ms and 8 MB. A property of the module is evaluated when it is used.
 */
const builtins: Plugin = {
  name: "builtins",
  resolveId: (id, importer, { kind }) =>
    // A name that starts with \0 is code of the bundler.
    kind === "import-statement" && isBuiltin(id) && importer?.startsWith("\0") === false
      ? `\0builtin:${id}`
      : undefined,
  load: (id) =>
    id.startsWith("\0builtin:")
      ? `module.exports = process.getBuiltinModule(${JSON.stringify(id.slice("\0builtin:".length))});`
      : undefined,
};

/** Express loads this package for `express.json()`. The gateway reads bodies itself, and the package has 600 KB. */
const unused: Plugin = {
  name: "unused",
  resolveId: (id) => (id === "body-parser" ? `\0unused:${id}` : undefined),
  load: (id) => (id.startsWith("\0unused:") ? "module.exports = {};" : undefined),
};

const bundle = await rolldown({
  cwd: root,
  input: {
    "cli/main": "cli/main.ts",
    "chunks/html-worker": "server/documents/html-worker.ts",
    "chunks/pdf-worker": "server/documents/pdf-worker.ts",
    "chunks/quick-check": "server/agent/sessions/quick-check.ts",
  },
  platform: "node",
  external,
  plugins: [builtins, unused],
  tsconfig: false,
});
rmSync(outputFolder, { recursive: true, force: true });
const { output } = await bundle.write({
  dir: outputFolder,
  format: "esm",
  comments: false,
  // The compile cache is keyed by name: a new version replaces its entries.
  chunkFileNames: "chunks/[name].js",
  codeSplitting: { groups: [{ name: "builtins", test: /^\0builtin:/ }] },
});
await bundle.close();

const moduleIds = output.flatMap((file) => (file.type === "chunk" ? Object.keys(file.modules) : []));
const bundledFolders = listPackageFolders(moduleIds);
writeFileSync(join(outputFolder, "licenses.txt"), formatLicenses(bundledFolders));
writeFileSync(
  join(outputFolder, "sbom.cdx.json"),
  `${JSON.stringify(createSbom(root, bundledFolders), null, 2)}\n`,
);

function listPackageFolders(ids: readonly string[]): readonly string[] {
  const folders = ids.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []);
  return [...new Set(folders)].toSorted();
}

/** Formats the licenses of the packages in the bundle, which a copy of their code must include. */
function formatLicenses(folders: readonly string[]): string {
  return folders
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
        readonly name: string;
        readonly version: string;
        readonly license: string;
      };
      const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
      const text = file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
      return `${manifest.name} ${manifest.version} (${manifest.license})\n${text}`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
