/** `openclaw store copy`: copies a store from a file to a server, or back. */
import { homedir } from "node:os";
import { basename, dirname, resolve } from "node:path";
import type { CopyLocation } from "../server/agent/sessions/copy/open-copy-end.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { explainStoreError } from "./explain-store-error.ts";
import { UsageError } from "./read-arguments.ts";
import { createCopyReport } from "./copy-report.ts";

export const storeCopy = defineCommand({
  name: "store copy",
  summary: "copy everything that is stored from SQLite to PostgreSQL, or back",
  positionals: [],
  options: {
    from: {
      value: "STORE",
      description: "sqlite:FOLDER, a state folder, or postgres://USER@HOST/DATABASE",
    },
    to: { value: "STORE", description: "the same; it must be empty" },
    schema: { value: "NAME", description: "schema of the tables in PostgreSQL (default: openclaw)" },
    ...jsonOption,
  },
  details: `Copies sessions, responses, keys, usage, budgets, the audit log and the key of encrypted_content; from folder to
folder also the files. Stop all gateways of both stores first: while one runs, nothing is copied. Each page is stored
with its position, so that the same command goes on where an interrupted one ended. At the end the rows of both are
counted and their checksums compared, and only then a gateway can start with the copy. The source stays as it is.
A password is visible to other users of this machine; PGPASSWORD, where the address has none, is not.
Exit codes: 0 copied and verified, 1 failed, 2 wrong usage.`,
  example: "openclaw store copy --from sqlite:$HOME/.openclaw --to postgres://openclaw@db/openclaw",
  async run({ options: { from, to, schema = "openclaw", json } }, io) {
    if (from === undefined || to === undefined) throw new UsageError("--from and --to are required");
    const [source, target] = [from, to].map((text) => parseStore(text, schema, io.env["HOME"] || homedir()));
    if (source === undefined || target === undefined) throw new UsageError("--from and --to are required");
    const { openSource, openTarget } = await import("../server/agent/sessions/copy/open-copy-end.ts");
    const { copyStore } = await import("../server/agent/sessions/copy/copy-store.ts");
    try {
      const [sourceEnd, targetEnd] = [await openSource(source), await openTarget(target)];
      try {
        const { tables, files, warnings } = await copyStore(sourceEnd, targetEnd, createCopyReport(io));
        const name = await targetEnd.finish();
        for (const warning of warnings) io.err(`Warning: ${warning}`);
        if (json)
          io.out(JSON.stringify({ from: sourceEnd.name, to: name, tables, files, warnings }, null, 2));
        else {
          const rows = tables.reduce((sum, each) => sum + each.rows, 0);
          io.out(`${name} is a verified copy of ${sourceEnd.name}: ${rows} rows, ${files} files.`);
        }
      } finally {
        await sourceEnd.close();
        await targetEnd.close();
      }
    } catch (error) {
      if (source.type === "sqlite") throw explainStoreError(error, source.stateDir, "copied");
      throw error;
    }
    return exitOk;
  },
});

function parseStore(text: string, schema: string, home: string): CopyLocation {
  const [, path] = /^sqlite:(?:\/\/)?(.+)$/.exec(text) ?? [];
  if (path !== undefined) {
    const full = resolve(path.replace(/^~(?=\/|$)/, home));
    return { type: "sqlite", stateDir: basename(full) === "sessions.sqlite" ? dirname(full) : full };
  }
  const url = URL.parse(text);
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol))
    throw new UsageError("a store is sqlite:FOLDER or postgres://USER@HOST/DATABASE");
  return { type: "postgres", url: text, listenUrl: undefined, poolSize: 1, schema };
}
