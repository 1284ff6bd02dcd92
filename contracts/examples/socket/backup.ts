/** Example of the backup of the store. */
import { sessionsBackup } from "../../socket/backup.ts";
import { methodExamples } from "../../socket/method.ts";

export const backupExamples = methodExamples(sessionsBackup, [
  {
    title: "A copy of the store",
    excerpt: true,
    params: {},
    result: { ok: true, path: "…", bytes: 102_400 },
  },
]);
