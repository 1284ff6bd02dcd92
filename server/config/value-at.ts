/** What the configuration holds at a dotted path that a contract names. */
import type { Config } from "../../contracts/config/config.ts";

export function valueAt(config: Config, path: string): unknown {
  return path.split(".").reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], config);
}
