/** The limit of a key's requests, in the headers of Anthropic's API. */
import type { RateHeaders } from "../../../contracts/http/messages/rate-headers.ts";
import type { z } from "zod";
import type { Credential } from "../../auth/authenticate.ts";

/** Returns no headers for a credential without a limit. */
export function createRateHeaders({ readRequestLimit }: Credential): z.input<typeof RateHeaders> {
  const state = readRequestLimit?.();
  if (state === undefined) return {};
  return {
    "anthropic-ratelimit-requests-limit": String(state.limit),
    "anthropic-ratelimit-requests-remaining": String(state.remaining),
    "anthropic-ratelimit-requests-reset": new Date(state.resetAt).toISOString(),
  };
}
