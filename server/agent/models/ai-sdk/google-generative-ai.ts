/** Google's Gemini API. https://ai.google.dev/api/generate-content */
import { asFields, asList, asObject } from "../untrusted-json.ts";
import type { Api } from "./api.ts";

interface WireChunk {
  readonly candidates?: unknown;
  readonly promptFeedback?: unknown;
}

const chunkFields = ["candidates", "promptFeedback", "usageMetadata"] as const;

export const googleGenerativeAi: Api = {
  name: "google-generative-ai",
  baseUrl: "https://generativelanguage.googleapis.com/v1beta",
  officialHosts: ["generativelanguage.googleapis.com"],
  namespace: "google",
  supportsStopSequences: true,
  supportsReferences: false,
  hasMessagePerText: false,
  authHeaders: (apiKey) => ({ "x-goog-api-key": apiKey }),
  async loadModel({ baseURL, fetch }, modelId) {
    const { createGoogle } = await import("@ai-sdk/google");
    return createGoogle({ baseURL, fetch, apiKey: "none" })(modelId);
  },
  adaptCall(call) {
    const isThinking = call.thinking !== undefined && call.thinking !== "off";
    return { call, options: isThinking ? { thinkingConfig: { includeThoughts: true } } : {} };
  },
  findError: (event) => event,
  createEventReader: () => ({
    read(event) {
      if (!chunkFields.some((name) => event[name])) return [];
      // Usage without counts is none, not 0.
      const counts = Object.values(asFields(event["usageMetadata"]) ?? {});
      const hasCounts = counts.some((value) => typeof value === "number");
      return [hasCounts ? event : { ...event, usageMetadata: undefined }];
    },
  }),
  isContent: (event) => asList(asObject<WireChunk>(event)?.candidates).length > 0,
  lastEvents: [{ candidates: [{ finishReason: "STOP" }] }],
  toEvents: (reply) => [reply],
  counter: {
    isOfficialOnly: true,
    toUrl: (url) => url.replace(/:streamGenerateContent\b.*/, ":countTokens"),
    toBody: (body, modelId) => ({
      generateContentRequest: { model: modelId.includes("/") ? modelId : `models/${modelId}`, ...body },
    }),
    readCount: ({ totalTokens }) => totalTokens,
  },
  checkCompletion(event) {
    const { candidates, promptFeedback } = asObject<WireChunk>(event) ?? {};
    const candidate = asObject<{ readonly finishReason?: unknown }>(asList(candidates)[0]);
    const feedback = asObject<{ readonly blockReason?: unknown }>(promptFeedback);
    // Usage may follow in a later chunk.
    return candidate?.finishReason || feedback?.blockReason ? "yes" : "no";
  },
};
