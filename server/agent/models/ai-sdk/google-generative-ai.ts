/** Google's Generative Language API, as Gemini speaks it. */
import { asList, asObject } from "../wire.ts";
import type { Api } from "./api.ts";

interface WireChunk {
  readonly candidates?: unknown;
  readonly promptFeedback?: unknown;
}

export const googleGenerativeAi: Api = {
  name: "google-generative-ai",
  baseUrl: "https://generativelanguage.googleapis.com/v1beta",
  namespace: "google",
  knowsStop: true,
  textsAreMessages: false,
  credential: (apiKey) => ({ "x-goog-api-key": apiKey }),
  async open({ baseURL, fetch }, modelId) {
    const { createGoogle } = await import("@ai-sdk/google");
    return createGoogle({ baseURL, fetch, apiKey: "none" })(modelId);
  },
  prepare(call) {
    const thinks = call.thinking !== undefined && call.thinking !== "off";
    return { call, options: thinks ? { thinkingConfig: { includeThoughts: true } } : {} };
  },
  errorIn: (event) => event,
  completes(event) {
    const { candidates, promptFeedback } = asObject<WireChunk>(event) ?? {};
    const candidate = asObject<{ readonly finishReason?: unknown }>(asList(candidates)[0]);
    const feedback = asObject<{ readonly blockReason?: unknown }>(promptFeedback);
    // Usage may follow.
    return candidate?.finishReason || feedback?.blockReason ? "yes" : "no";
  },
};
