/** `openclaw sessions restore`: puts a backup in the place of the store of a gateway that does not run. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import type { StoreLocation } from "../server/agent/sessions/store-location.ts";
import { locateConfig } from "../server/config/locate.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { createCopyReport } from "./copy-report.ts";
import { explainStoreError } from "./explain-store-error.ts";

export const sessionsRestore = defineCommand({
  name: "sessions restore",
  summary: "put a backup in the place of the store of a stopped gateway",
  positionals: ["FILE"],
  options: { ...jsonOption },
  details: `Stop the gateway first: while it runs, the command changes nothing and exits with 1. The backup is checked
for damage, and the store that was there is moved to backups/ of the state folder. What was stored since the
backup is gone, including keys. Keys that were revoked since then are valid again: revoke them again. With
session.store in PostgreSQL, the backup is copied into a schema that must be empty, and verified.`,
  example: "openclaw sessions restore ~/.openclaw/backups/sessions-20260131T235959999Z.db",
  async run({ positionals: [file], options: { json } }, { env, out, err }) {
    const { stateDir } = locateConfig(env, env["HOME"] || homedir(), process.cwd());
    const backup = resolve(file);
    if (!existsSync(backup)) throw new Error(`There is no file ${backup}.`);
    const { restoreFile } = await import("../server/agent/sessions/restore-file.ts");
    const location = await locateServer(env);
    if (location !== undefined) {
      const { restoreToServer } = await import("../server/agent/sessions/copy/restore-to-server.ts");
      const { path, tables, warnings } = await restoreToServer(
        backup,
        stateDir,
        location,
        createCopyReport({ err }),
      );
      for (const warning of warnings) err(`Warning: ${warning}`);
      out(json ? JSON.stringify({ path, replaced: null, tables }, null, 2) : `${path} is the backup now.`);
      return exitOk;
    }
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

/** Undefined where the sessions are in a file. */
async function locateServer(
  env: NodeJS.ProcessEnv,
): Promise<Extract<StoreLocation, { type: "postgres" }> | undefined> {
  const { loadConfig } = await import("../server/config/load.ts");
  const { locateStore } = await import("../server/agent/sessions/store-location.ts");
  try {
    const { config, env: variables } = loadConfig({ env, home: env["HOME"] || homedir() });
    const location = locateStore(config.session.store, variables["OPENCLAW_DATABASE_URL"] || undefined);
    return location.type === "postgres" ? location : undefined;
  } catch {
    // A file can be restored with a broken configuration too.
    return undefined;
  }
}
