/** `sessions.backup`. Where the file goes is the gateway's to say, not the caller's. */
import type { sessionsBackup } from "../../../contracts/socket/backup.ts";
import type { Backup } from "../../agent/sessions/backup.ts";
import type { MethodHandler } from "../handler.ts";

interface BackupMethod {
  readonly "sessions.backup": MethodHandler<typeof sessionsBackup>;
}

export function createBackupMethod(backup: () => Promise<Backup>): BackupMethod {
  return { "sessions.backup": async () => ({ ok: true, ...(await backup()) }) };
}
