/**
 * Code samples of an operation, made from an example that the tests replay: curl, JavaScript with the gateway's package and
 * with OpenAI's or Anthropic's, and Python. https://redocly.com/docs/api-reference-docs/specification-extensions/x-code-samples
 */
import { describeReply, isOpen, type AnyExample, type Endpoint } from "../endpoint.ts";
import {
  defaultOrigin,
  renderClient,
  renderCurl,
  renderFetch,
  renderHttpx,
  renderPythonVendor,
  renderVendor,
  type ClientMethod,
  type CodeSample,
} from "./render-samples.ts";

const openai = (method: string) => ({ name: "openai", method }) as const;
const anthropic = (method: string) => ({ name: "anthropic", method }) as const;

const clientMethods: Readonly<Record<string, ClientMethod>> = {
  createChatCompletion: {
    result: "completion",
    method: "chat.completions.create",
    vendor: openai("chat.completions.create"),
  },
  createResponse: { result: "response", method: "responses.create", vendor: openai("responses.create") },
  compactResponse: { result: "compacted", method: "responses.compact", vendor: openai("responses.compact") },
  countInputTokens: {
    result: "count",
    method: "responses.inputTokens",
    vendor: openai("responses.inputTokens.count"),
  },
  retrieveResponse: {
    result: "response",
    method: "responses.retrieve",
    vendor: openai("responses.retrieve"),
  },
  deleteResponse: { result: "deleted", method: "responses.delete" },
  cancelResponse: { result: "response", method: "responses.cancel", vendor: openai("responses.cancel") },
  listInputItems: {
    result: "items",
    method: "responses.inputItems",
    vendor: openai("responses.inputItems.list"),
  },
  createConversation: {
    result: "conversation",
    method: "conversations.create",
    vendor: openai("conversations.create"),
  },
  retrieveConversation: {
    result: "conversation",
    method: "conversations.retrieve",
    vendor: openai("conversations.retrieve"),
  },
  updateConversation: {
    result: "conversation",
    method: "conversations.update",
    vendor: openai("conversations.update"),
  },
  deleteConversation: {
    result: "deleted",
    method: "conversations.delete",
    vendor: openai("conversations.delete"),
  },
  createConversationItems: {
    result: "items",
    method: "conversations.items.create",
    vendor: openai("conversations.items.create"),
  },
  listConversationItems: {
    result: "items",
    method: "conversations.items.list",
    vendor: openai("conversations.items.list"),
  },
  retrieveConversationItem: { result: "item", method: "conversations.items.retrieve" },
  deleteConversationItem: { result: "conversation", method: "conversations.items.delete" },
  listFiles: { result: "files", method: "files.list", vendor: openai("files.list") },
  createFile: { result: "file", method: "files.create", vendor: openai("files.create") },
  retrieveFile: { result: "file", method: "files.retrieve", vendor: openai("files.retrieve") },
  retrieveFileContent: { result: "content", method: "files.content", vendor: openai("files.content") },
  deleteFile: { result: "deleted", method: "files.delete", vendor: openai("files.delete") },
  createMessage: { result: "message", method: "messages.create", vendor: anthropic("messages.create") },
  countMessageTokens: {
    result: "count",
    method: "messages.countTokens",
    vendor: anthropic("messages.countTokens"),
  },
  createEmbedding: { result: "embeddings", method: "embeddings.create", vendor: openai("embeddings.create") },
  listModels: { result: "models", method: "models.list", vendor: openai("models.list") },
  retrieveModel: { result: "model", method: "models.retrieve", vendor: openai("models.retrieve") },
  invokeTool: { result: "invocation", method: "tools.invoke" },
  listSessions: { result: "sessions", method: "sessions.list" },
  getSessionHistory: { result: "history", method: "sessions.history" },
  resetSession: { result: "session", method: "sessions.reset" },
  abortSession: { result: "aborted", method: "sessions.abort" },
  deleteSession: { result: "deleted", method: "sessions.delete" },
  getUsage: { result: "usage", method: "usage" },
  getHealth: { result: "health", method: "health" },
  getReadiness: { result: "readiness", method: "ready" },
};

/** The parts of an example's request that samples show. */
interface SampleRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** The examples that the samples are made from: the first whole reply, and the first stream. */
export function selectSampleExamples(examples: readonly AnyExample[]): readonly AnyExample[] {
  const unstreamed = examples.find((example) => "reply" in example && isPlain(example));
  const streamed = examples.find((example) => "events" in example && isPlain(example));
  const isNew = (example: AnyExample): boolean => example.before === undefined;
  return [unstreamed, streamed].filter(
    (example) => example !== undefined && (example === unstreamed || isNew(example)),
  ) as readonly AnyExample[];
}

const isPlain = ({ request: { query, headers } }: AnyExample): boolean =>
  query === undefined && headers === undefined;

/** The environment variable with the credential of an endpoint. */
function getTokenVariable(endpoint: Endpoint): string | undefined {
  if (isOpen(endpoint)) return undefined;
  return endpoint.credential === "hook" ? "OPENCLAW_HOOKS_TOKEN" : "OPENCLAW_GATEWAY_TOKEN";
}

/** Returns the samples of one example. An endpoint without examples has one of an empty request; a probe and the page have none. */
export function createSamples(endpoint: Endpoint, example?: AnyExample): readonly CodeSample[] {
  if (endpoint.method === "head" || endpoint.id === "getPage") return [];
  const { params = {}, body } = (example?.request ?? {}) as SampleRequest;
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  const call = {
    url: defaultOrigin + path,
    httpMethod: endpoint.method,
    tokenVariable: getTokenVariable(endpoint),
    parameters: Object.values(params),
    body: endpoint.body === undefined ? undefined : body,
    isForm: endpoint.bodyType !== undefined,
    returnsBytes:
      describeReply(endpoint.responses[200] ?? { description: "" }).type === "application/octet-stream",
  };
  const method = clientMethods[endpoint.id];
  const suffix = body?.["stream"] === true ? ", streamed" : "";
  const javascript = method === undefined ? renderFetch(call) : renderClient(call, method);
  return [
    { lang: "shell", label: `curl${suffix}`, source: renderCurl(call) },
    { lang: "javascript", label: `JavaScript${suffix}`, source: javascript },
    ...(method?.vendor === undefined
      ? ([{ lang: "python", label: `Python${suffix}`, source: renderHttpx(call) }] as const)
      : ([
          {
            lang: "javascript",
            label: `JavaScript (${method.vendor.name})${suffix}`,
            source: renderVendor(call, method.result, method.vendor),
          },
          {
            lang: "python",
            label: `Python (${method.vendor.name})${suffix}`,
            source: renderPythonVendor(call, method.result, method.vendor),
          },
        ] as const)),
  ];
}
