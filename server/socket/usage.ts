/** Converts token counts to the `usage` of the gateway protocol. */
import type { z } from "zod";
import type { usage } from "../../contracts/socket/fields.ts";
import type { Usage } from "../agent/types.ts";
import type { TokenCounts } from "../lib/usage-store.ts";

/** Adds up the types of tokens of a stored run. */
export function toStoredUsage({
  input,
  cacheRead,
  cacheWrite,
  output,
  reasoning,
}: TokenCounts): z.input<typeof usage> {
  return toUsage({
    input: input + cacheRead + cacheWrite,
    output: output + reasoning,
    cached: cacheRead,
    cacheWrite,
    reasoning,
  });
}

export function toUsage({ input, output, cached, cacheWrite }: Usage): z.input<typeof usage> {
  return { input, output, cacheRead: cached, cacheWrite, totalTokens: input + output };
}
