/** Capabilities of a server of the Chat Completions API, and the defaults for a server without configured ones. */
import type { ThinkingField } from "./provider-state.ts";

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
  /** The field in which thinking goes back with its tool calls. `auto`: the one that it came in. */
  readonly thinkingField: ThinkingField | "auto" | "none";
  /** Takes back what it attached to a tool call. */
  readonly supportsCallState: boolean;
  /** Accepts `prompt_cache_key` and `prompt_cache_retention`. */
  readonly supportsPromptCacheKey: boolean;
  /** Accepts `$ref` and `$defs` in the schemas of tools. */
  readonly supportsReferences: boolean;
  /** Rejects calls that are not streamed. Absent: what the server answers decides. */
  readonly requiresStreaming?: boolean;
}

/** Servers that reject a field that they do not know. Others ignore it, or require their thinking back. */
const thinkingFieldsByHost: ReadonlyMap<string, Compat["thinkingField"]> = new Map([
  ["api.openai.com", "none"],
  ["generativelanguage.googleapis.com", "none"],
  ["api.mistral.ai", "none"],
  ["api.cohere.ai", "none"],
  ["api.groq.com", "reasoning"],
  ["api.cerebras.ai", "reasoning"],
]);
const hostsWithoutCallState: ReadonlySet<string> = new Set([
  "api.openai.com",
  "api.mistral.ai",
  "api.cohere.ai",
  "api.groq.com",
  "api.cerebras.ai",
]);

/** OpenAI supports everything; other servers are assumed to support what nearly all of them do. */
export function getDefaultCompat(baseUrl: string): Compat {
  const host = URL.parse(baseUrl)?.hostname ?? "";
  const isOpenai = host === "api.openai.com";
  return {
    supportsDeveloperRole: isOpenai,
    supportsUsageInStreaming: true,
    supportsReasoningEffort: isOpenai,
    supportsStrictMode: isOpenai,
    supportsParallelToolCalls: true,
    supportsResponseFormat: true,
    maxTokensField: isOpenai ? "max_completion_tokens" : "max_tokens",
    thinkingField: thinkingFieldsByHost.get(host) ?? "auto",
    supportsCallState: !hostsWithoutCallState.has(host),
    supportsPromptCacheKey: isOpenai,
    supportsReferences: host !== "generativelanguage.googleapis.com",
  };
}
