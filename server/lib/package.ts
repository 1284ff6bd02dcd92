/** Folder and version of this package, in a checkout and when installed. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const packageRoot = findRoot(import.meta.dirname);

export const packageVersion = (
  JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string }
).version;

function findRoot(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : findRoot(dirname(folder));
}
