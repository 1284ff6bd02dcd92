/** OpenAI's Responses API. Nothing is stored there: what the model has thought comes back encrypted and is sent again. */
import type { Api } from "./api.ts";
import { asObject, asText } from "../wire.ts";

interface WireEvent {
  readonly type?: unknown;
  readonly response?: unknown;
}

/** Names of thinking models that the package does not know, because they are another server's. */
const thinksElsewhere = /\/(?:o\d|gpt-[5-9])(?!.*chat)|\bgpt-oss/;

export const openaiResponses: Api = {
  name: "openai-responses",
  baseUrl: "https://api.openai.com/v1",
  namespace: "openai",
  knowsStop: false,
  textsAreMessages: true,
  credential: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  async open({ baseURL, fetch }, modelId) {
    const { createOpenAI } = await import("@ai-sdk/openai");
    return createOpenAI({ baseURL, fetch, apiKey: "none" }).responses(modelId);
  },
  prepare(call, { modelId }) {
    const { thinking, responseFormat } = call;
    return {
      call,
      options: {
        store: false,
        ...(thinking === undefined || thinking === "off" ? {} : { reasoningSummary: "auto" }),
        ...(thinksElsewhere.test(modelId) ? { forceReasoning: true } : {}),
        // `true` is the default, and some models refuse the field itself.
        ...(call.parallelToolCalls || call.tools.length === 0 ? {} : { parallelToolCalls: false }),
        ...(responseFormat?.type === "json_schema"
          ? { strictJsonSchema: responseFormat.strict ?? false }
          : {}),
      },
    };
  },
  errorIn(event) {
    const { type, response } = asObject<WireEvent>(event) ?? {};
    return type === "response.failed" ? response : event;
  },
  completes(event) {
    const type = asText(asObject<WireEvent>(event)?.type);
    return /^response\.(?:completed|incomplete|failed)$/.test(type) ? "last" : "no";
  },
};
