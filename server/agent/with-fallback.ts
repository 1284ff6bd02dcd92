/** Calls an agent's models in order until one succeeds. */
import { GatewayError, toGatewayError } from "../lib/errors.ts";
import type { NamedModel } from "./types.ts";

/** Rejects with the error of the last model, or at once when `signal` is aborted. */
export async function withFallback<T>(
  models: readonly NamedModel[],
  callModel: (model: NamedModel) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  let lastError: GatewayError | undefined;
  for (const model of models) {
    try {
      return await callModel(model);
    } catch (error) {
      if (signal.aborted) throw error;
      lastError = toGatewayError(error);
    }
  }
  throw lastError ?? new GatewayError("internal_error", "The agent has no model.");
}
