/** Whatever fails once a signal is aborted has failed for the signal's reason: the caller has left, or time is over. */
import { GatewayError } from "../../errors.ts";
import { runAborted } from "./endings.ts";

export async function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    throw signal.reason instanceof GatewayError ? signal.reason : runAborted();
  }
}
