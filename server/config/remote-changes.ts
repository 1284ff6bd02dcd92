/** Which changes of the configuration a caller of the gateway may make: none that starts a program or opens a door. */
import { isSameConfig } from "../lib/compare-config.ts";
import { createNotWritableError } from "./config-file.ts";
import type { LoadedConfig } from "./load.ts";
import { getAt } from "./tree.ts";

const protectedSettings = ["gateway.auth", "gateway.bind", "gateway.customBindHost", "tools.exec"];
/** Groups of the file, whose content need not be in the parsed configuration. */
const protectedGroups = ["secrets", "env", "mcp"];
const programKeys = ["command", "args", "env", "cwd"];

/** Throws `config_not_writable` for the first setting that must be changed on disk. */
export function checkRemoteChange(before: LoadedConfig, after: LoadedConfig): void {
  for (const setting of protectedSettings) {
    const path = setting.split(".");
    requireSame(setting, getAt(before.config, ...path), getAt(after.config, ...path));
  }
  for (const group of protectedGroups)
    requireSame(group, getAt(before.tree, group), getAt(after.tree, group));
  const [oldServers, newServers] = [before.config.tools.mcpServers, after.config.tools.mcpServers];
  for (const name of new Set([...Object.keys(oldServers), ...Object.keys(newServers)])) {
    for (const key of programKeys)
      requireSame(
        `tools.mcpServers.${name}.${key}`,
        getAt(oldServers, name, key),
        getAt(newServers, name, key),
      );
  }
}

function requireSame(setting: string, before: unknown, after: unknown): void {
  if (isSameConfig(before, after)) return;
  throw createNotWritableError(`${setting} can be changed in the file on the gateway's disk only.`, setting);
}
