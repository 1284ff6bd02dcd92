/** Creates clients of the official `@anthropic-ai/sdk` package for a gateway. They retry only when a test asks for it. */
import Anthropic, { type ClientOptions } from "@anthropic-ai/sdk";
import type { ConfigInput } from "../../../contracts/config/config.ts";
import { token } from "../gateway/gateway.ts";

export const messagesConfig: ConfigInput = {
  gateway: { http: { endpoints: { messages: { enabled: true } } } },
};

export function createAnthropicClient(
  { url }: { readonly url: string },
  options: ClientOptions = {},
): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: token, maxRetries: 0, ...options });
}

/** Creates a request with one user message for the default agent. */
export const messageRequest = (content: string): Anthropic.MessageCreateParamsNonStreaming => ({
  model: "openclaw",
  max_tokens: 1_000,
  messages: [{ role: "user", content }],
});
