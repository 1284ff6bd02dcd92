/** What an import would bring: a list of everything in OpenClaw's home folder, without any change. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readTextFile } from "./read-config.ts";
import { readKeys, type ForeignKeys } from "./read-keys.ts";
import { readSessions, type ForeignSession } from "./read-sessions.ts";

export interface ImportPlan {
  /** OpenClaw's state folder. */
  readonly folder: string;
  readonly config: { readonly path: string; readonly exists: boolean };
  /** Folders of agents' files, which are used in place. */
  readonly workspaces: readonly string[];
  readonly mcpServers: readonly string[];
  readonly sessions: readonly ForeignSession[];
  /** Keys of sessions that belong to chat channels, schedules and hooks. */
  readonly leftOut: readonly string[];
  readonly keys: ForeignKeys;
  readonly warnings: readonly string[];
}

/** @param includesAll takes sessions of channels, schedules and hooks too */
export function planImport(folder: string, includesAll: boolean): ImportPlan {
  const agentsFolder = join(folder, "agents");
  const agents = existsSync(agentsFolder)
    ? readdirSync(agentsFolder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  const agentFolders = agents.map(({ name }) => join(agentsFolder, name));
  const read = agentFolders.map(readSessions);
  const sessions = read.flatMap((part) => part.sessions);
  const isTaken = ({ key }: ForeignSession): boolean => includesAll || isConversation(key);
  const config = join(folder, "openclaw.json");
  return {
    folder,
    config: { path: config, exists: existsSync(config) },
    workspaces: readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && /^workspace(?:-.+)?$/.test(entry.name))
      .map(({ name }) => join(folder, name)),
    mcpServers: readTextFile(config).mcpServers,
    sessions: sessions.filter(isTaken),
    leftOut: sessions.filter((session) => !isTaken(session)).map(({ key }) => key),
    keys: readKeys(folder, agentFolders),
    warnings: read.flatMap((part) => part.warnings),
  };
}

/** Sessions of chat channels have a kind of chat in their key; schedules and hooks have no agent in theirs. */
function isConversation(key: string): boolean {
  return key.startsWith("agent:") && !/:(?:group|channel|direct|dm|thread|cron|hook|subagent):/.test(key);
}
