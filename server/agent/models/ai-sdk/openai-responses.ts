/** OpenAI's Responses API with `store: false`: reasoning arrives encrypted and is sent back with the next request. */
import { wrapCustomInput } from "../../custom-tools.ts";
import { customToolId, type Api, type Fields } from "./api.ts";
import { asFields, asList, asObject, asText, pick } from "../untrusted-json.ts";

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
  readonly input?: unknown;
}

interface WirePart {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly refusal?: unknown;
}

/** Fills in what the package requires and servers leave out. Undefined for an item that the gateway has not asked for. */
function readItem(item: Fields): Fields | undefined {
  const type = asText(item["type"]);
  if (type === "function_call") return { id: item["call_id"], arguments: "", status: "completed", ...item };
  if (type === "custom_tool_call") return { id: item["call_id"], input: "", ...item, status: "completed" };
  return type === "message" || type === "reasoning" ? { id: type, ...item } : undefined;
}

const hasCounts = (usage: unknown): boolean => {
  const { input_tokens, output_tokens } = asFields(usage) ?? {};
  return typeof input_tokens === "number" && typeof output_tokens === "number";
};

function toItemEvents(item: Fields, output_index: number): readonly object[] {
  const { content, summary, ...added } = item;
  const place = { item_id: item["id"], output_index };
  const parts = asList(content).map((part, content_index) => {
    const { text, refusal } = asObject<WirePart>(part) ?? {};
    return refusal === undefined
      ? { type: "response.output_text.delta", ...place, content_index, delta: text }
      : { type: "response.refusal.delta", ...place, content_index, delta: refusal };
  });
  const summaries = asList(summary).flatMap((part, summary_index) => [
    ...(summary_index === 0
      ? []
      : [{ type: "response.reasoning_summary_part.added", ...place, summary_index }]),
    {
      type: "response.reasoning_summary_text.delta",
      ...place,
      summary_index,
      delta: asObject<WirePart>(part)?.text,
    },
  ]);
  return [
    {
      type: "response.output_item.added",
      output_index,
      item: { ...added, ...emptyInput(item["type"]) },
    },
    ...(item["type"] === "message" ? parts : summaries),
    { type: "response.output_item.done", output_index, item },
  ];
}

function emptyInput(type: unknown): Fields {
  if (type === "function_call") return { arguments: "" };
  return type === "custom_tool_call" ? { input: "" } : {};
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
        .filter(({ type: kind }) => kind === "function_call" || kind === "custom_tool_call")
        .map((item) => ({
          id: asText(item.call_id),
          name: asText(item.name),
          arguments:
            item.type === "function_call" ? asText(item.arguments) : wrapCustomInput(asText(item.input)),
        })),
    };
  },
  readEvent(event) {
    if (typeof event["type"] !== "string") return undefined;
    const item = asFields(event["item"]);
    if (item !== undefined) {
      const readable = readItem(item);
      return readable && { ...event, item: readable };
    }
    const response = asFields(event["response"]);
    if (response === undefined || hasCounts(response["usage"])) return event;
    return { ...event, response: { ...response, usage: undefined } };
  },
  isContent: (event) => "item" in event || "delta" in event,
  lastEvents: [{ type: "response.completed", response: {} }],
  toEvents(reply) {
    const { status, output } = reply;
    if (!Array.isArray(output)) return [];
    const type = status === "incomplete" || status === "failed" ? `response.${status}` : "response.completed";
    return [
      ...output.flatMap((item: unknown, index) => toItemEvents(asFields(item) ?? {}, index)),
      { type, response: reply },
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
