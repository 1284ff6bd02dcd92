/** Creates clients of the official `openai` package for a gateway. They retry only when a test asks for it. */
import OpenAI, { type ClientOptions } from "openai";
import { token } from "../gateway/gateway.ts";

export function createOpenAIClient({ url }: { readonly url: string }, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0, ...options });
}

/** Creates a chat request with one user message for the default agent. */
export function chatRequest(content: string): {
  model: string;
  messages: OpenAI.ChatCompletionMessageParam[];
} {
  return { model: "openclaw", messages: [{ role: "user", content }] };
}

/** Returns output items as input items. The SDK's types differ only for computer calls, which the gateway never makes. */
export const asInput = (
  output: readonly OpenAI.Responses.ResponseOutputItem[],
): OpenAI.Responses.ResponseInput => output as OpenAI.Responses.ResponseInput;
