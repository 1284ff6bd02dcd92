/** Admits a run: first its session's lock, then a run slot. Nothing is stored while a run waits. */
import type { AcquireByKey, Semaphore } from "./semaphore.ts";
import type { Run } from "./types.ts";

export interface AcquireSlotsDeps {
  /** Locks a session. Its runs go one at a time, in the order of their requests. */
  readonly acquireSessionLock: AcquireByKey;
  /** Run slots. A run that waits for its session takes none. */
  readonly slots: Semaphore;
  /** Longest wait for a run slot. The wait for a session is limited by the time limit of the agent. */
  readonly maxSlotWaitMs: number;
}

/** Resolves to a release function. Rejects with `session_busy` or `server_overloaded`, or when the run is aborted. */
export async function acquireSlots(run: Run, deps: AcquireSlotsDeps): Promise<() => void> {
  const { sessionKey, signal, agent } = run;
  if (sessionKey === undefined) return deps.slots.acquire(signal, deps.maxSlotWaitMs);
  const releaseSession = await deps.acquireSessionLock(sessionKey, signal, agent.timeoutSeconds * 1000);
  try {
    const releaseSlot = await deps.slots.acquire(signal, deps.maxSlotWaitMs);
    return () => {
      releaseSlot();
      releaseSession();
    };
  } catch (error) {
    releaseSession();
    throw error;
  }
}
