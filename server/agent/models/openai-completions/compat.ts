/** Capabilities of a server of the Chat Completions API, and the defaults for a server without configured ones. */

export interface Compat {
  /** Accepts the role `developer`; otherwise system text has the role `system`. */
  readonly supportsDeveloperRole: boolean;
  /** Accepts `stream_options.include_usage`. */
  readonly supportsUsageInStreaming: boolean;
  readonly supportsReasoningEffort: boolean;
  /** Accepts `strict` in tools and response formats. */
  readonly supportsStrictMode: boolean;
  readonly supportsParallelToolCalls: boolean;
  readonly supportsResponseFormat: boolean;
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
}

/** OpenAI supports everything; other servers are assumed to support what nearly all of them do. */
export function getDefaultCompat(baseUrl: string): Compat {
  const isOpenai = URL.parse(baseUrl)?.hostname === "api.openai.com";
  return {
    supportsDeveloperRole: isOpenai,
    supportsUsageInStreaming: true,
    supportsReasoningEffort: isOpenai,
    supportsStrictMode: isOpenai,
    supportsParallelToolCalls: true,
    supportsResponseFormat: true,
    maxTokensField: isOpenai ? "max_completion_tokens" : "max_tokens",
  };
}
