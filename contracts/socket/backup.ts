/** The method that backs up the store while the gateway runs. */
import { z } from "zod";
import { noParams, ok } from "./fields.ts";
import { method } from "./method.ts";

export const sessionsBackup = method({
  tag: "Sessions",
  auth: "admin",
  method: "sessions.backup",
  summary: "Back up the store",
  description:
    "Writes a consistent copy of the whole store (sessions, responses and keys) to a new file in the folder `backups` of the state folder. The gateway continues to serve requests. A call during a backup returns the result of that backup.",
  params: noParams,
  result: z
    .object({
      ok,
      path: z.string().max(4_096).describe("Path of the file on the gateway's machine."),
      bytes: z.int().describe("Size of the file in bytes."),
    })
    .meta({ id: "SessionsBackup", description: "The backup file." }),
  errors: ["storage_unavailable"],
});
