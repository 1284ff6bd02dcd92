/** What the arguments of the file tools have in common: the path, and aliases of argument names. */
import { z } from "zod";
import type { Tool } from "../types.ts";

export function pathInput(description: string): z.ZodString {
  return z
    .string()
    .min(1)
    .max(4096)
    .describe(`${description}, relative to the workspace, for instance "src/main.py".`);
}

export const pathAliases: ReadonlyMap<string, string> = new Map([["file_path", "path"]]);

/** Accepts further names of arguments, which models know from other agents. The tool's schema does not show them. */
export function withAliases(tool: Tool, aliases: ReadonlyMap<string, string>): Tool {
  const resolveAliases = (args: unknown): unknown => {
    if (typeof args !== "object" || args === null || Array.isArray(args)) return args;
    const entries = Object.entries(args).map(([key, value]): readonly [string, unknown] => {
      const name = aliases.get(key);
      return [name === undefined || Object.hasOwn(args, name) ? key : name, value];
    });
    return Object.fromEntries(entries);
  };
  return {
    ...tool,
    check: (args) => tool.check(resolveAliases(args)),
    run: (args, context) => tool.run(resolveAliases(args), context),
  };
}
