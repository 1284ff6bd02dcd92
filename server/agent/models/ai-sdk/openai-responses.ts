/** OpenAI's Responses API with `store: false`: reasoning arrives encrypted and is sent back with the next request. */
import type { Api } from "./api.ts";
import { asList, asObject, asText } from "../untrusted-json.ts";

interface WireEvent {
  readonly type?: unknown;
  readonly response?: unknown;
}

interface WireItem {
  readonly type?: unknown;
  readonly content?: unknown;
  readonly call_id?: unknown;
  readonly name?: unknown;
  readonly arguments?: unknown;
}

interface WirePart {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly refusal?: unknown;
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
  readSnapshot(event) {
    const { type, response } = asObject<WireEvent>(event) ?? {};
    const isLast = type === "response.completed" || type === "response.incomplete";
    const output = isLast ? asList(asObject<{ readonly output?: unknown }>(response)?.output) : [];
    const items = output.map((item) => asObject<WireItem>(item) ?? {});
    const parts = items.flatMap(({ content }) => asList(content)).map((part) => asObject<WirePart>(part));
    return {
      text: parts.map((part) => (part?.type === "output_text" ? asText(part.text) : "")).join(""),
      refusal: parts.map((part) => asText(part?.refusal)).join(""),
      calls: items
        .filter((item) => item.type === "function_call")
        .map((item) => ({
          id: asText(item.call_id),
          name: asText(item.name),
          arguments: asText(item.arguments),
        })),
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
