/** A run's way in: its turn in its session first, then a place among all runs. Who waits has written nothing yet. */
import type { EnterLane, Turnstile } from "./turnstile.ts";
import type { Run } from "./types.ts";

export interface AdmissionParts {
  /** One run at a time a session, in the order of asking. */
  readonly enterLane: EnterLane;
  /** Room for runs; who waits for a session holds none of it. */
  readonly slots: Turnstile;
  /** Longest wait for a place. The wait for a session may take as long as the run itself may. */
  readonly maxSlotWaitMs: number;
}

/** Resolves to the way out. Rejects with `session_busy` or `server_overloaded`, or when the run is aborted. */
export async function admit(run: Run, parts: AdmissionParts): Promise<() => void> {
  const { sessionKey, signal, agent } = run;
  if (sessionKey === undefined) return parts.slots.enter(signal, parts.maxSlotWaitMs);
  const leaveLane = await parts.enterLane(sessionKey, signal, agent.timeoutSeconds * 1000);
  try {
    const leaveSlot = await parts.slots.enter(signal, parts.maxSlotWaitMs);
    return () => {
      leaveSlot();
      leaveLane();
    };
  } catch (error) {
    leaveLane();
    throw error;
  }
}
