/** Builds the package to publish, in `dist/` or the given folder: compiled sources, and a manifest whose exports they are. */
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const folder = import.meta.dirname;
const dist = resolve(process.argv[2] ?? join(folder, "dist"));
const typescript = fileURLToPath(import.meta.resolve("typescript/bin/tsc"));

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

rmSync(dist, { recursive: true, force: true });
const options = ["-p", join(folder, "tsconfig.build.json"), "--outDir", dist];
execFileSync(process.execPath, [typescript, ...options], { stdio: "inherit" });
for (const file of ["README.md", "LICENSE"]) copyFileSync(join(folder, file), join(dist, file));

// In the checkout the exports are the sources, which Node runs as they are. The published package has no sources.
const {
  private: _private,
  scripts: _scripts,
  ...manifest
} = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
const exports = Object.fromEntries(
  Object.entries(manifest.exports).map(([entry, source]) => {
    const output = source.replace(/^\.\/src\/(.*)\.ts$/, "./$1");
    return [entry, { types: `${output}.d.ts`, default: `${output}.js` }];
  }),
);
writeFileSync(join(dist, "package.json"), `${JSON.stringify({ ...manifest, exports }, null, 2)}\n`);
