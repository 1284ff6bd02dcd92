/** Builds the page for people that the gateway serves, to `dist/web/`. `--if-stale`: only when one of its sources is newer. */
import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const root = join(import.meta.dirname, "..");
const page = join(root, "dist/web/index.html");

if (!process.argv.includes("--if-stale") || isStale()) {
  console.log("Building the page for people to dist/web, which takes a few seconds");
  await build({ configFile: join(root, "clients/web/vite.config.ts") });
}

function isStale(): boolean {
  const builtAt = readModifiedTime(page);
  const sources = ["clients/web/{src/**/*,*.*}", "clients/typescript/src/**/*.ts"].flatMap((pattern) =>
    globSync(pattern, { cwd: root }),
  );
  return [...sources, "package-lock.json"].some((file) => readModifiedTime(join(root, file)) > builtAt);
}

function readModifiedTime(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
