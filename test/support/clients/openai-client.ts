/** The official `openai` package, pointed at a gateway. It repeats nothing unless a test wants it to. */
import OpenAI, { type ClientOptions } from "openai";
import { token } from "../gateway/gateway.ts";

export function createOpenAIClient({ url }: { readonly url: string }, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0, ...options });
}

/** A chat request with one question for the default agent. */
export function chatRequest(content: string): {
  model: string;
  messages: OpenAI.ChatCompletionMessageParam[];
} {
  return { model: "openclaw", messages: [{ role: "user", content }] };
}

/** Output as input. It may be sent back as it is; of computer calls, which are never made here, the types say otherwise. */
export const asInput = (
  output: readonly OpenAI.Responses.ResponseOutputItem[],
): OpenAI.Responses.ResponseInput => output as OpenAI.Responses.ResponseInput;
