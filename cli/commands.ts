/** All commands, in the order of the help. */
import { agent } from "./agent.ts";
import { agentsList } from "./agents-list.ts";
import { call } from "./call.ts";
import { createCompletionCommand } from "./completion.ts";
import { configCheck, configSchema } from "./config.ts";
import type { Command } from "./define-command.ts";
import { gateway } from "./gateway.ts";
import { health } from "./health.ts";
import { keysCreate } from "./keys-create.ts";
import { keysList } from "./keys-list.ts";
import { keysRevoke } from "./keys-revoke.ts";
import { modelsList } from "./models-list.ts";
import { sessionsBackup } from "./sessions-backup.ts";
import { sessionsAbort, sessionsDelete, sessionsReset } from "./sessions-change.ts";
import { sessionsExport } from "./sessions-export.ts";
import { sessionsList } from "./sessions-list.ts";
import { sessionsShow } from "./sessions-show.ts";
import { status } from "./status.ts";
import { toolsExplain } from "./tools-explain.ts";
import { toolsInvoke } from "./tools-invoke.ts";
import { toolsList } from "./tools-list.ts";

const all: readonly Command[] = [
  gateway,
  agent,
  health,
  status,
  agentsList,
  modelsList,
  sessionsList,
  sessionsShow,
  sessionsExport,
  sessionsReset,
  sessionsAbort,
  sessionsDelete,
  sessionsBackup,
  keysCreate,
  keysList,
  keysRevoke,
  toolsList,
  toolsExplain,
  toolsInvoke,
  configCheck,
  configSchema,
  call,
];

export const commands: readonly Command[] = [...all, createCompletionCommand(all)];
