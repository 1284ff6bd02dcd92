/** Arguments by names that models and clients have learnt elsewhere. The tool's schema shows its own names only. */
import type { Tool } from "../types.ts";

export function withAliases(tool: Tool, aliases: ReadonlyMap<string, string>): Tool {
  const ownNames = (args: unknown): unknown => {
    if (typeof args !== "object" || args === null || Array.isArray(args)) return args;
    const named = Object.entries(args).map(([key, value]): readonly [string, unknown] => {
      const name = aliases.get(key);
      return [name === undefined || Object.hasOwn(args, name) ? key : name, value];
    });
    return Object.fromEntries(named);
  };
  return {
    ...tool,
    check: (args) => tool.check(ownNames(args)),
    run: (args, context) => tool.run(ownNames(args), context),
  };
}
