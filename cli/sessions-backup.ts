/** `openclaw sessions backup`: a copy of everything that the running gateway stores. */
import { chmod, constants, copyFile, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { toJson } from "./common-options.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { UsageError } from "./read-arguments.ts";
import { gatewayHelp, throughSocket } from "./through-gateway.ts";

export const sessionsBackup = defineCommand({
  name: "sessions backup",
  summary: "copy everything that the running gateway stores to a file",
  words: [],
  options: {
    out: { value: "FILE", says: "move the copy there (else it stays in backups/ of the state folder)" },
    ...toJson,
  },
  more: `The copy has the conversations, the responses and the digests of the keys. To go back to it: stop the
gateway, put the file in the place of sessions.sqlite in the state folder, remove sessions.sqlite-wal and
sessions.sqlite-shm, start the gateway. --out is for a gateway of this machine: it writes as you, not as it.

${gatewayHelp}`,
  example: "openclaw sessions backup --out conversations.db",
  run: ({ options: { out, json } }, io) =>
    throughSocket(io, { json }, async (socket, { url, here }) => {
      if (out !== undefined && !here) {
        throw new UsageError(
          `--out: the files of ${url} may be on another machine; without it the answer says where the copy is`,
        );
      }
      const made = await socket.call("sessions.backup");
      const path = out === undefined ? made.path : resolve(out);
      if (out !== undefined) await move(made.path, path);
      io.out(json ? JSON.stringify({ ...made, path }, null, 2) : path);
      return exitDone;
    }),
});

/** Across file systems too. What stood there is replaced when all of the new file is there. */
async function move(from: string, to: string): Promise<void> {
  const partial = `${to}.partial`;
  try {
    // Of a folder that others write to too: what they have put there is not written through.
    await rm(partial, { force: true });
    await copyFile(from, partial, constants.COPYFILE_EXCL);
    await chmod(partial, 0o600);
    await rename(partial, to);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw new Error(`The copy stays at ${from}: ${(error as Error).message}`, { cause: error });
  }
  await rm(from);
}
