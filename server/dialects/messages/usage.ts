/** Maps token counts to Anthropic's: there the input does not include what a cache has read or written. */
import type { MessagesUsage } from "../../../contracts/http/messages/message.ts";
import type { Usage } from "../../agent/types.ts";

const none: Usage = { input: 0, output: 0, cached: 0, cacheWrite: 0, reasoning: 0 };

export function toMessagesUsage(usage: Usage = none): MessagesUsage {
  const { input, output, cached, cacheWrite, reasoning } = usage;
  return {
    input_tokens: Math.max(0, input - cached - cacheWrite),
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cached,
    output_tokens: output,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite, ephemeral_1h_input_tokens: 0 },
    output_tokens_details: { thinking_tokens: reasoning },
    server_tool_use: null,
    service_tier: "standard",
    inference_geo: null,
    speed: null,
  };
}

/** The usage before the first model call has ended, with an estimate of the input. */
export const estimateUsage = (input: number): MessagesUsage => toMessagesUsage({ ...none, input });
