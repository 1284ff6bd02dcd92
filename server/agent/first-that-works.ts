/** Asks an agent's models one after the other, until one does what is asked of it. */
import { GatewayError, toGatewayError } from "../errors.ts";
import type { NamedModel } from "./types.ts";

/** Rejects with the failure of the last one, or at once when `signal` is aborted. */
export async function firstThatWorks<T>(
  models: readonly NamedModel[],
  ask: (model: NamedModel) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  let failure: GatewayError | undefined;
  for (const model of models) {
    try {
      return await ask(model);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      failure = toGatewayError(thrown);
    }
  }
  throw failure ?? new GatewayError("internal_error", "The agent has no model.");
}
