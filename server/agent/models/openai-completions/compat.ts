/** What a server of the Chat Completions API can do, and what to assume of one that nobody has described. */

export interface Compat {
  /** Takes system text as role `developer`; otherwise it is sent as `system`. */
  readonly supportsDeveloperRole: boolean;
  /** Knows `stream_options.include_usage`. */
  readonly supportsUsageInStreaming: boolean;
  readonly supportsReasoningEffort: boolean;
  /** Knows `strict` of tools and of response formats. */
  readonly supportsStrictMode: boolean;
  readonly supportsParallelToolCalls: boolean;
  readonly supportsResponseFormat: boolean;
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
}

/** OpenAI itself has everything; any other server is assumed to have what nearly all of them have. */
export function defaultCompat(baseUrl: string): Compat {
  const openai = URL.parse(baseUrl)?.hostname === "api.openai.com";
  return {
    supportsDeveloperRole: openai,
    supportsUsageInStreaming: true,
    supportsReasoningEffort: openai,
    supportsStrictMode: openai,
    supportsParallelToolCalls: true,
    supportsResponseFormat: true,
    maxTokensField: openai ? "max_completion_tokens" : "max_tokens",
  };
}
