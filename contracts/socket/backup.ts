/** The method that copies the store while the gateway runs. */
import { z } from "zod";
import { noParams, ok } from "./fields.ts";
import { method } from "./method.ts";

export const sessionsBackup = method({
  tag: "Sessions",
  auth: "admin",
  method: "sessions.backup",
  summary: "Back the store up",
  description:
    "Writes a copy of everything that the gateway stores, conversations, responses and keys, as it is at one moment, to a new file in the folder `backups` of its state folder. It goes on serving meanwhile. Whoever asks while one is being made gets that one.",
  params: noParams,
  result: z
    .object({
      ok,
      path: z.string().max(4_096).describe("The file, on the gateway's machine."),
      bytes: z.int().describe("How large it is."),
    })
    .meta({ id: "SessionsBackup", description: "Where the copy is." }),
  errors: ["storage_unavailable"],
});
