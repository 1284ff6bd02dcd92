/** The signal of one run: aborted with its caller's, by somebody else, or when the time of the run is over. */
import { GatewayError } from "../errors.ts";

export interface RunSignal {
  readonly signal: AbortSignal;
  /** Ends the run as aborted. */
  abort(): void;
  /** From now on the run may take this long. */
  startClock(seconds: number): void;
  /** Lets go of the timer and the parent. */
  clear(): void;
}

export function createRunSignal(parent: AbortSignal): RunSignal {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const follow = (): void => controller.abort(parent.reason);
  if (parent.aborted) follow();
  else parent.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    abort: () => controller.abort(),
    startClock(seconds) {
      timer = setTimeout(() => {
        controller.abort(
          new GatewayError(
            "run_timeout",
            `The run took longer than ${seconds} s, the time limit of its agent.`,
          ),
        );
      }, seconds * 1000);
    },
    clear() {
      clearTimeout(timer);
      parent.removeEventListener("abort", follow);
    },
  };
}
