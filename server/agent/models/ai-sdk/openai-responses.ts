/** OpenAI's Responses API with `store: false`: reasoning arrives encrypted and is sent back with the next request. */
import { customToolId, type Api } from "./api.ts";
import { createResponsesEventReader } from "./responses-events.ts";
import { asObject, asText, pick } from "../untrusted-json.ts";

interface WireEvent {
  readonly type?: unknown;
  readonly response?: unknown;
}

/** The fields of https://platform.openai.com/docs/api-reference/responses/input-tokens */
const countedFields: readonly string[] = [
  "model",
  "input",
  "instructions",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "reasoning",
  "text",
];

/** The package accepts no other syntax. */
const grammarSyntaxes: ReadonlySet<string> = new Set(["lark", "regex"]);

/** Reasoning models of compatible servers, whose names the package does not know. */
const reasoningModelNames = /\/(?:o\d|gpt-[5-9])(?!.*chat)|\bgpt-oss/;

export const openaiResponses: Api = {
  name: "openai-responses",
  baseUrl: "https://api.openai.com/v1",
  officialHosts: ["api.openai.com", "openai.azure.com"],
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
    const { thinking, responseFormat, promptCache } = call;
    return {
      call,
      options: {
        store: false,
        ...(promptCache?.key === undefined ? {} : { promptCacheKey: promptCache.key }),
        ...(promptCache?.retention === undefined ? {} : { promptCacheRetention: promptCache.retention }),
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
  toNativeTool({ name, native }, { supportsCustomTools }) {
    if (native?.kind !== "custom" || !supportsCustomTools) return undefined;
    const { description, grammar } = native;
    const syntax = grammar?.syntax ?? "";
    if (grammar !== undefined && !grammarSyntaxes.has(syntax)) return undefined;
    return {
      type: "provider",
      id: customToolId,
      name,
      args: {
        ...(description === undefined ? {} : { description }),
        ...(grammar === undefined
          ? {}
          : { format: { type: "grammar", syntax, definition: grammar.definition } }),
      },
    };
  },
  createEventReader: createResponsesEventReader,
  isContent: (event) => "item" in event || "delta" in event,
  lastEvents: [{ type: "response.completed", response: {} }],
  toEvents(reply) {
    const { output } = reply;
    if (!Array.isArray(output)) return [];
    return [
      ...output.map((item: unknown, output_index) => ({
        type: "response.output_item.done",
        output_index,
        item,
      })),
      { type: "response.completed", response: { ...reply, output: [] } },
    ];
  },
  findError(event) {
    const { type, response } = asObject<WireEvent>(event) ?? {};
    return type === "response.failed" ? response : event;
  },
  counter: {
    isOfficialOnly: true,
    toUrl: (url) => `${url}/input_tokens`,
    toBody: (body) => pick(body, countedFields),
    readCount: ({ input_tokens: tokens }) => tokens,
  },
  checkCompletion(event) {
    const type = asText(asObject<WireEvent>(event)?.type);
    return /^response\.(?:completed|incomplete|failed)$/.test(type) ? "last" : "no";
  },
};
