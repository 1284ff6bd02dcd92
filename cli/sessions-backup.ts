/** `openclaw sessions backup`: copies the database of the running gateway. */
import { chmod, constants, copyFile, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { UsageError } from "./read-arguments.ts";
import { gatewayHelp, withSocket } from "./with-gateway.ts";

export const sessionsBackup = defineCommand({
  name: "sessions backup",
  summary: "copy the database of the running gateway to a file",
  positionals: [],
  options: {
    out: { value: "FILE", description: "move the copy to FILE (default: backups/ in the state folder)" },
    ...jsonOption,
  },
  details: `The copy has the conversations, the responses and the digests of the keys. \`openclaw sessions restore\`
puts it in the place of the store. --out requires a gateway on this machine; the file is written with your permissions.

${gatewayHelp}`,
  example: "openclaw sessions backup --out conversations.db",
  run: ({ options: { out, json } }, io) =>
    withSocket(io, { json }, async (socket, { url, isLocal }) => {
      if (out !== undefined && !isLocal) {
        throw new UsageError(
          `--out requires a gateway on this machine; without it the result says where ${url} keeps the copy`,
        );
      }
      const backup = await socket.call("sessions.backup");
      const path = out === undefined ? backup.path : resolve(out);
      if (out !== undefined) await moveFile(backup.path, path);
      io.out(json ? JSON.stringify({ ...backup, path }, null, 2) : path);
      return exitOk;
    }),
});

/** Moves a file, also across file systems. The target is replaced only after the copy is complete. */
async function moveFile(from: string, to: string): Promise<void> {
  const partialPath = `${to}.partial`;
  try {
    // Others may write to the folder: never write through a link that they placed there.
    await rm(partialPath, { force: true });
    await copyFile(from, partialPath, constants.COPYFILE_EXCL);
    await chmod(partialPath, 0o600);
    await rename(partialPath, to);
  } catch (error) {
    await rm(partialPath, { force: true }).catch(() => {});
    throw new Error(`The copy stays at ${from}: ${(error as Error).message}`, { cause: error });
  }
  await rm(from);
}
