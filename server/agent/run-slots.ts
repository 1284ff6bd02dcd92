/** The slots of runs, attachments and documents, with the limits of the newest configuration. */
import type { Config } from "../../contracts/config/config.ts";
import { createOverloadedError } from "../lib/errors.ts";
import type { Live } from "../lib/live.ts";
import type { Workers } from "../lib/workers.ts";
import { createSemaphore, type Semaphore } from "./semaphore.ts";

interface RunSlots {
  /** Limits runs, and work that costs as much as a run. */
  readonly slots: Semaphore;
  /** Limits requests whose attachments are read. */
  readonly attachmentSlots: Semaphore;
  /** Limits the threads that read documents and the documents that wait for one. */
  readonly documentSlots: Semaphore;
}

const documentLimits = { limit: 2, maxQueued: 32 } as const;

export function createRunSlots(limits: Live<Config["gateway"]["limits"]>, workers: Workers): RunSlots {
  const createSlots = (reason: string): Semaphore =>
    createSemaphore({
      get limit() {
        return Math.max(1, workers.share(limits.current.maxConcurrentRuns));
      },
      get maxQueued() {
        return workers.share(limits.current.maxWaitingRuns);
      },
      createError: createOverloadedError(reason),
    });
  return {
    slots: createSlots("All runs are taken"),
    attachmentSlots: createSlots("Too many attachments are being read"),
    documentSlots: createSemaphore({
      ...documentLimits,
      createError: createOverloadedError("Too many documents are being read"),
    }),
  };
}
