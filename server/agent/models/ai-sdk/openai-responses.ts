/** OpenAI's Responses API with `store: false`: reasoning arrives encrypted and is sent back with the next request. */
import type { Api } from "./api.ts";
import { asObject, asText } from "../untrusted-json.ts";

interface WireEvent {
  readonly type?: unknown;
  readonly response?: unknown;
}

/** Reasoning models of compatible servers, whose names the package does not know. */
const reasoningModelNames = /\/(?:o\d|gpt-[5-9])(?!.*chat)|\bgpt-oss/;

export const openaiResponses: Api = {
  name: "openai-responses",
  baseUrl: "https://api.openai.com/v1",
  namespace: "openai",
  supportsStopSequences: false,
  supportsReferences: true,
  hasMessagePerText: true,
  authHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  async loadModel({ baseURL, fetch }, modelId) {
    const { createOpenAI } = await import("@ai-sdk/openai");
    return createOpenAI({ baseURL, fetch, apiKey: "none" }).responses(modelId);
  },
  adaptCall(call, { modelId }) {
    const { thinking, responseFormat } = call;
    return {
      call,
      options: {
        store: false,
        ...(thinking === undefined || thinking === "off" ? {} : { reasoningSummary: "auto" }),
        ...(reasoningModelNames.test(modelId) ? { forceReasoning: true } : {}),
        // `true` is the default, and some models reject the field itself.
        ...(call.parallelToolCalls || call.tools.length === 0 ? {} : { parallelToolCalls: false }),
        ...(responseFormat?.type === "json_schema"
          ? { strictJsonSchema: responseFormat.strict ?? false }
          : {}),
      },
    };
  },
  findError(event) {
    const { type, response } = asObject<WireEvent>(event) ?? {};
    return type === "response.failed" ? response : event;
  },
  checkCompletion(event) {
    const type = asText(asObject<WireEvent>(event)?.type);
    return /^response\.(?:completed|incomplete|failed)$/.test(type) ? "last" : "no";
  },
};
