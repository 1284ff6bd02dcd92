/** All commands, in the order of the help. A command's code is imported when the command is looked up. */
import { createCompletionCommand } from "./completion.ts";
import type { Command } from "./define-command.ts";

type LoadCommand = () => Promise<Command>;

const loaders: Readonly<Record<string, LoadCommand>> = {
  gateway: async () => (await import("./gateway.ts")).gateway,
  init: async () => (await import("./init.ts")).init,
  doctor: async () => (await import("./doctor.ts")).doctor,
  import: async () => (await import("./import.ts")).importHome,
  "gateway install": async () => (await import("./gateway-install.ts")).gatewayInstall,
  "gateway status": async () => (await import("./gateway-status.ts")).gatewayStatus,
  "gateway auth-token": async () => (await import("./gateway-auth-token.ts")).gatewayAuthToken,
  agent: async () => (await import("./agent.ts")).agent,
  chat: async () => (await import("./chat.ts")).chat,
  dashboard: async () => (await import("./dashboard.ts")).dashboard,
  health: async () => (await import("./health.ts")).health,
  status: async () => (await import("./status.ts")).status,
  logs: async () => (await import("./logs.ts")).logs,
  "agents list": async () => (await import("./agents-list.ts")).agentsList,
  "models list": async () => (await import("./models-list.ts")).modelsList,
  "models status": async () => (await import("./models-status.ts")).modelsStatus,
  "models test": async () => (await import("./models-test.ts")).modelsTest,
  "sessions list": async () => (await import("./sessions-list.ts")).sessionsList,
  "sessions search": async () => (await import("./sessions-search.ts")).sessionsSearch,
  "sessions rename": async () => (await import("./sessions-rename.ts")).sessionsRename,
  "sessions show": async () => (await import("./sessions-show.ts")).sessionsShow,
  "sessions export": async () => (await import("./sessions-export.ts")).sessionsExport,
  "sessions reset": async () => (await import("./sessions-change.ts")).sessionsReset,
  "sessions abort": async () => (await import("./sessions-change.ts")).sessionsAbort,
  "sessions delete": async () => (await import("./sessions-change.ts")).sessionsDelete,
  "sessions backup": async () => (await import("./sessions-backup.ts")).sessionsBackup,
  "sessions restore": async () => (await import("./sessions-restore.ts")).sessionsRestore,
  "store copy": async () => (await import("./store-copy.ts")).storeCopy,
  "store compact": async () => (await import("./store-compact.ts")).storeCompact,
  audit: async () => (await import("./audit.ts")).audit,
  "audit verify": async () => (await import("./audit.ts")).auditVerify,
  usage: async () => (await import("./usage.ts")).usage,
  "keys create": async () => (await import("./keys-create.ts")).keysCreate,
  "keys list": async () => (await import("./keys-list.ts")).keysList,
  "keys revoke": async () => (await import("./keys-revoke.ts")).keysRevoke,
  "tools list": async () => (await import("./tools-list.ts")).toolsList,
  "tools explain": async () => (await import("./tools-explain.ts")).toolsExplain,
  "tools invoke": async () => (await import("./tools-invoke.ts")).toolsInvoke,
  "security audit": async () => (await import("./security-audit.ts")).securityAudit,
  "config check": async () => (await import("./config.ts")).configCheck,
  "config get": async () => (await import("./config-edit.ts")).configGet,
  "config set": async () => (await import("./config-edit.ts")).configSet,
  "config unset": async () => (await import("./config-edit.ts")).configUnset,
  "config edit": async () => (await import("./config-edit.ts")).configEdit,
  "config file": async () => (await import("./config-edit.ts")).configFile,
  "config schema": async () => (await import("./config.ts")).configSchema,
  call: async () => (await import("./call.ts")).call,
};

const completion = "completion";

/** Other names of commands, most of them OpenClaw's. */
const aliases: Readonly<Record<string, string>> = {
  "gateway run": "gateway",
  "gateway call": "call",
  "gateway health": "health",
  tui: "chat",
  terminal: "chat",
  agents: "agents list",
  models: "models status",
  onboard: "init",
  setup: "init",
  sessions: "sessions list",
  "config validate": "config check",
};

/** Returns the command that the words name, and the arguments after its name. Undefined if there is none. */
export function findCommand(
  args: readonly string[],
): { readonly name: string; readonly rest: readonly string[] } | undefined {
  const [first = "", second] = args;
  const names = second === undefined || second.startsWith("-") ? [first] : [`${first} ${second}`, first];
  for (const words of names) {
    const name = Object.hasOwn(aliases, words) ? aliases[words] : words;
    // A further word is a subcommand, and not the argument of an alias such as `sessions`.
    const isAliasOfGroup =
      name !== words && names.length > 1 && words === first && commandNames.includes(`${first} list`);
    if (name !== undefined && commandNames.includes(name) && !isAliasOfGroup) {
      return { name, rest: args.slice(words.split(" ").length) };
    }
  }
  return undefined;
}

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
