/** Converts token counts to the `usage` of the gateway protocol. */
import type { z } from "zod";
import type { usage } from "../../contracts/socket/fields.ts";
import type { Usage } from "../agent/types.ts";

export function toUsage({ input, output, cached, cacheWrite }: Usage): z.input<typeof usage> {
  return { input, output, cacheRead: cached, cacheWrite, totalTokens: input + output };
}
