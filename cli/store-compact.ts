/** `openclaw store compact`: rewrites the store of a gateway that does not run. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { locateConfig } from "../server/config/locate.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { explainStoreError } from "./explain-store-error.ts";

export const storeCompact = defineCommand({
  name: "store compact",
  summary: "give the space of deleted conversations back to the disk",
  positionals: [],
  options: { ...jsonOption },
  details: `Rewrites sessions.sqlite in the state folder. Stop the gateway first: while it runs, the command changes nothing
and exits with 1. The state folder needs free space of twice the size of the file meanwhile. A store that was
created by version 0.1.0 or later, or compacted once, shrinks by itself while the gateway runs.`,
  example: "openclaw store compact",
  async run({ options: { json } }, { env, out }) {
    const { stateDir } = locateConfig(env, env["HOME"] || homedir(), process.cwd());
    const path = join(stateDir, "sessions.sqlite");
    if (!existsSync(path)) throw new Error(`There is no store: ${path} does not exist.`);
    const { compactFile } = await import("../server/agent/sessions/compact-file.ts");
    try {
      const { before, after } = compactFile(path);
      out(
        json
          ? JSON.stringify({ path, before, after }, null, 2)
          : `${path}: ${formatMegabytes(before)} before, ${formatMegabytes(after)} now`,
      );
    } catch (error) {
      throw explainStoreError(error, stateDir, "compacted");
    }
    return exitOk;
  },
});

const formatMegabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
