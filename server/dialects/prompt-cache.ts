/** Fields of OpenAI's requests that both of its dialects read in the same way. */
import { PromptCacheRetention, type Moderation } from "../../contracts/http/shared-schemas.ts";
import type { PromptCache } from "../agent/types.ts";
import { GatewayError } from "../lib/errors.ts";

interface CacheFields {
  readonly prompt_cache_key?: string | null | undefined;
  readonly prompt_cache_retention?: string | null | undefined;
}

export const toPromptCache = ({
  prompt_cache_key: key,
  prompt_cache_retention: retention,
}: CacheFields): PromptCache => ({ key: key || undefined, retention: toRetention(retention) });

/** Values that no provider knows are dropped. */
export const toRetention = (value: string | null | undefined): PromptCacheRetention | undefined =>
  PromptCacheRetention.options.find((known) => known === value);

/** Blocking is a request for safety, which must not be ignored. */
export function rejectBlockingModeration(moderation: Moderation | null | undefined): void {
  const { input, output } = moderation?.policy ?? {};
  if (input?.mode !== "block" && output?.mode !== "block") return;
  const param = `moderation.policy.${input?.mode === "block" ? "input" : "output"}.mode`;
  throw new GatewayError(
    "unsupported_value",
    `${param}: this gateway blocks nothing itself; moderate before and after the request, or leave it out`,
    { param },
  );
}
