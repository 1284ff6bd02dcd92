/** A signal that is aborted with its parent, or when the time of a run is over. */
import { GatewayError } from "../errors.ts";

export interface Deadline {
  readonly signal: AbortSignal;
  /** Lets go of the timer and the parent. */
  clear(): void;
}

export function createDeadline(parent: AbortSignal, seconds: number): Deadline {
  const controller = new AbortController();
  const follow = (): void => controller.abort(parent.reason);
  const timer = setTimeout(() => {
    controller.abort(
      new GatewayError("run_timeout", `The run took longer than ${seconds} s, the time limit of its agent.`),
    );
  }, seconds * 1000);
  if (parent.aborted) follow();
  else parent.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      parent.removeEventListener("abort", follow);
    },
  };
}
