/** `openclaw sessions restore`: puts a backup in the place of the store of a gateway that does not run. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { locateConfig } from "../server/config/locate.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { explainStoreError } from "./explain-store-error.ts";

export const sessionsRestore = defineCommand({
  name: "sessions restore",
  summary: "put a backup in the place of the store of a stopped gateway",
  positionals: ["FILE"],
  options: { ...jsonOption },
  details: `Stop the gateway first: while it runs, the command changes nothing and exits with 1. The backup is checked
for damage, and the store that was there is moved to backups/ of the state folder. What was stored since the
backup is gone, including keys. Keys that were revoked since then are valid again: revoke them again.`,
  example: "openclaw sessions restore ~/.openclaw/backups/sessions-20260131T235959999Z.db",
  async run({ positionals: [file], options: { json } }, { env, out }) {
    const { stateDir } = locateConfig(env, env["HOME"] || homedir(), process.cwd());
    const backup = resolve(file);
    if (!existsSync(backup)) throw new Error(`There is no file ${backup}.`);
    const { restoreFile } = await import("../server/agent/sessions/restore-file.ts");
    try {
      const { path, replacedPath } = await restoreFile(backup, stateDir);
      if (json) out(JSON.stringify({ path, replaced: replacedPath ?? null }, null, 2));
      else {
        out(`${path} is the backup now.`);
        if (replacedPath !== undefined) out(`The store that was there is ${replacedPath}.`);
      }
    } catch (error) {
      throw explainStoreError(error, stateDir, "restored");
    }
    return exitOk;
  },
});
