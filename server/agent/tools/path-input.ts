/** The argument that names a file, the same in all file tools. */
import { z } from "zod";

export function pathInput(what: string): z.ZodString {
  return z
    .string()
    .min(1)
    .max(4096)
    .describe(`${what}. It counts from the workspace, for instance "src/main.py".`);
}

export const pathAliases: ReadonlyMap<string, string> = new Map([["file_path", "path"]]);
