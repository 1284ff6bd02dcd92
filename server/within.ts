/** Whether one path lies in another. */
import { sep } from "node:path";

/** Also true of the folder itself. Both absolute and free of `..`; compare real paths where links matter. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
