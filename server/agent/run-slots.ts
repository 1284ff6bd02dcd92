/** The slots of runs and of attachments, with the limits of the newest configuration. */
import type { Config } from "../../contracts/config/config.ts";
import { createOverloadedError } from "../lib/errors.ts";
import type { Live } from "../lib/live.ts";
import { createSemaphore, type Semaphore } from "./semaphore.ts";

interface RunSlots {
  /** Limits runs, and work that costs as much as a run. */
  readonly slots: Semaphore;
  /** Limits requests whose attachments are read. */
  readonly attachmentSlots: Semaphore;
}

export function createRunSlots(limits: Live<Config["gateway"]["limits"]>): RunSlots {
  const createSlots = (reason: string): Semaphore =>
    createSemaphore({
      get limit() {
        return limits.current.maxConcurrentRuns;
      },
      get maxQueued() {
        return limits.current.maxWaitingRuns;
      },
      createError: createOverloadedError(reason),
    });
  return {
    slots: createSlots("All runs are taken"),
    attachmentSlots: createSlots("Too many attachments are being read"),
  };
}
