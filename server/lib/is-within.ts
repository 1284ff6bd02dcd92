/** Whether a path is inside a folder. */
import { sep } from "node:path";

/** True for the folder itself too. Both paths must be absolute and without `..`; resolve symlinks first where they matter. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
