/** The abort signal of one run. It is aborted with the caller's signal, on request, or at the time limit. */
import { GatewayError } from "../lib/errors.ts";

export interface RunSignal {
  readonly signal: AbortSignal;
  /** Aborts the run. With a reason, the run ends with that error. */
  abort(reason?: GatewayError): void;
  /** Starts the time limit of the run. */
  startTimeout(seconds: number): void;
  /** Clears the timer and stops listening to the caller's signal. */
  dispose(): void;
}

export function createRunSignal(parent: AbortSignal): RunSignal {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onParentAbort = (): void => controller.abort(parent.reason);
  if (parent.aborted) onParentAbort();
  else parent.addEventListener("abort", onParentAbort, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    startTimeout(seconds) {
      timer = setTimeout(() => {
        controller.abort(
          new GatewayError(
            "run_timeout",
            `The run took longer than ${seconds} s, the time limit of its agent.`,
          ),
        );
      }, seconds * 1000);
    },
    dispose() {
      clearTimeout(timer);
      parent.removeEventListener("abort", onParentAbort);
    },
  };
}
