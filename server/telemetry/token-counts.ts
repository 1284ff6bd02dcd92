/** Splits the usage of a call into types, so that each token belongs to one. Metrics, usage and traces count alike. */
import type { Usage } from "../agent/types.ts";
import type { TokenCounts } from "../lib/usage-store.ts";

export const toTokenCounts = ({ input, output, cached, cacheWrite, reasoning }: Usage): TokenCounts => ({
  input: Math.max(0, input - cached - cacheWrite),
  cacheRead: cached,
  cacheWrite,
  output: Math.max(0, output - reasoning),
  reasoning,
});
