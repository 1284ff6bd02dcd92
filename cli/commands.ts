/** All commands, in the order of the help. A command's code is imported when the command is looked up. */
import { createCompletionCommand } from "./completion.ts";
import type { Command } from "./define-command.ts";

type LoadCommand = () => Promise<Command>;

const loaders: Readonly<Record<string, LoadCommand>> = {
  gateway: async () => (await import("./gateway.ts")).gateway,
  agent: async () => (await import("./agent.ts")).agent,
  chat: async () => (await import("./chat.ts")).chat,
  health: async () => (await import("./health.ts")).health,
  status: async () => (await import("./status.ts")).status,
  "agents list": async () => (await import("./agents-list.ts")).agentsList,
  "models list": async () => (await import("./models-list.ts")).modelsList,
  "sessions list": async () => (await import("./sessions-list.ts")).sessionsList,
  "sessions show": async () => (await import("./sessions-show.ts")).sessionsShow,
  "sessions export": async () => (await import("./sessions-export.ts")).sessionsExport,
  "sessions reset": async () => (await import("./sessions-change.ts")).sessionsReset,
  "sessions abort": async () => (await import("./sessions-change.ts")).sessionsAbort,
  "sessions delete": async () => (await import("./sessions-change.ts")).sessionsDelete,
  "sessions backup": async () => (await import("./sessions-backup.ts")).sessionsBackup,
  "store compact": async () => (await import("./store-compact.ts")).storeCompact,
  "keys create": async () => (await import("./keys-create.ts")).keysCreate,
  "keys list": async () => (await import("./keys-list.ts")).keysList,
  "keys revoke": async () => (await import("./keys-revoke.ts")).keysRevoke,
  "tools list": async () => (await import("./tools-list.ts")).toolsList,
  "tools explain": async () => (await import("./tools-explain.ts")).toolsExplain,
  "tools invoke": async () => (await import("./tools-invoke.ts")).toolsInvoke,
  "config check": async () => (await import("./config.ts")).configCheck,
  "config schema": async () => (await import("./config.ts")).configSchema,
  call: async () => (await import("./call.ts")).call,
};

const completion = "completion";

export const commandNames: readonly string[] = [...Object.keys(loaders), completion];

/** Resolves to these commands; to all of them by default. */
export function loadCommands(names: readonly string[] = commandNames): Promise<readonly Command[]> {
  return Promise.all(names.map(loadCommand));
}

/** Throws for a name that is not in `commandNames`. */
export async function loadCommand(name: string): Promise<Command> {
  if (name === completion) return createCompletionCommand(await loadCommands(Object.keys(loaders)));
  const load = loaders[name];
  if (load === undefined) throw new Error(`no command ${name}`);
  return load();
}
