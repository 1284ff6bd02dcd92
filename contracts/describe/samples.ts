/**
 * Code samples of an operation, made from an example that the tests replay: curl, JavaScript with the gateway's package and
 * with OpenAI's or Anthropic's, and Python. https://redocly.com/docs/api-reference-docs/specification-extensions/x-code-samples
 */
import { isOpen, type AnyExample, type Endpoint } from "../endpoint.ts";
import { printJavaScript, printPython } from "./literals.ts";

/** The address in the published document. The gateway replaces it by the one that it is asked at. */
export const defaultOrigin = "http://127.0.0.1:18789";

export interface CodeSample {
  readonly lang: "shell" | "javascript" | "python";
  readonly label: string;
  readonly source: string;
}

interface ClientMethod {
  /** The variable of the result. */
  readonly result: string;
  /** The method of the gateway's package. */
  readonly method: string;
  /** The package of the API's vendor, and its method. In Python its name is in snake case. */
  readonly vendor?: { readonly name: "openai" | "anthropic"; readonly method: string };
}

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
  retrieveFile: { result: "file", method: "files.retrieve", vendor: openai("files.retrieve") },
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
    isPublic: isOpen(endpoint),
    parameters: Object.values(params),
    body: endpoint.body === undefined ? undefined : body,
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

interface SampleCall {
  readonly url: string;
  readonly httpMethod: string;
  readonly isPublic: boolean;
  readonly parameters: readonly string[];
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

function renderCurl({ url, httpMethod, isPublic, body }: SampleCall): string {
  const hasDefaultMethod = httpMethod === (body === undefined ? "get" : "post");
  const lines = [
    `curl -sS ${body?.["stream"] === true ? "-N " : ""}${hasDefaultMethod ? "" : `-X ${httpMethod.toUpperCase()} `}${url}`,
    ...(isPublic ? [] : [`-H "Authorization: Bearer $OPENCLAW_GATEWAY_TOKEN"`]),
    ...(body === undefined ? [] : [`-H "Content-Type: application/json"`, `-d ${quoteForShell(body)}`]),
  ];
  return lines.join(" \\\n  ");
}

const quoteForShell = (body: unknown): string => {
  const line = JSON.stringify(body);
  const text = line.length > 60 ? JSON.stringify(body, null, 2).replaceAll("\n", "\n  ") : line;
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
};

function renderClient({ parameters, body }: SampleCall, { result, method }: ClientMethod): string {
  const create = `import { createClient } from "openclaw-gateway-client";

// The token is in the environment variable OPENCLAW_GATEWAY_TOKEN.
const client = createClient({ baseUrl: "${defaultOrigin}" });`;
  return `${create}\n\n${renderJavaScriptCall(`client.${method}`, parameters, body, result)}`;
}

type Vendor = NonNullable<ClientMethod["vendor"]>;

const vendorPackages = {
  openai: { className: "OpenAI", npm: "openai", baseUrl: `${defaultOrigin}/v1` },
  anthropic: { className: "Anthropic", npm: "@anthropic-ai/sdk", baseUrl: defaultOrigin },
} as const;

function renderVendor({ parameters, body }: SampleCall, result: string, { name, method }: Vendor): string {
  const { className, npm, baseUrl } = vendorPackages[name];
  const create = `import ${className} from "${npm}";

const client = new ${className}({
  baseURL: "${baseUrl}",
  apiKey: process.env.OPENCLAW_GATEWAY_TOKEN,
});`;
  return `${create}\n\n${renderJavaScriptCall(`client.${method}`, parameters, body, result)}`;
}

function renderJavaScriptCall(
  method: string,
  parameters: readonly string[],
  body: SampleCall["body"],
  result: string,
): string {
  const args = [...parameters, ...(body === undefined ? [] : [body])].map(printJavaScript).join(", ");
  if (body?.["stream"] !== true)
    return `const ${result} = await ${method}(${args});\nconsole.log(${result});`;
  return `const stream = await ${method}(${args});\nfor await (const event of stream) console.log(event);`;
}

function renderFetch({ url, isPublic }: SampleCall): string {
  const headers = "headers: { authorization: `Bearer ${process.env.OPENCLAW_GATEWAY_TOKEN}` }";
  const options = isPublic ? "" : `, {\n  ${headers},\n}`;
  return `const response = await fetch("${url}"${options});\nconsole.log(await response.text());`;
}

function renderPythonVendor(
  { parameters, body = {} }: SampleCall,
  result: string,
  { name, method }: Vendor,
): string {
  const { className, baseUrl } = vendorPackages[name];
  const args = [
    ...parameters.map((text) => printPython(text, 1)),
    ...Object.entries(body).map(([name, value]) => `${name}=${printPython(value, 1)}`),
  ];
  const call = `client.${toSnakeCase(method)}(${joinArguments(args)})`;
  const use =
    body["stream"] === true
      ? `stream = ${call}\nfor event in stream:\n    print(event.to_json(indent=None))`
      : `${result} = ${call}\nprint(${result}.to_json())`;
  return `import os

from ${name} import ${className}

client = ${className}(
    base_url="${baseUrl}",
    api_key=os.environ["OPENCLAW_GATEWAY_TOKEN"],
)

${use}`;
}

function renderHttpx({ url, httpMethod, isPublic, body }: SampleCall): string {
  const token = `f"Bearer {os.environ['OPENCLAW_GATEWAY_TOKEN']}"`;
  const args = [
    `"${url}"`,
    ...(isPublic ? [] : [`headers={"Authorization": ${token}}`]),
    ...(body === undefined ? [] : [`json=${printPython(body, 1)}`]),
  ];
  const call = `response = httpx.${httpMethod}(${joinArguments(args)})`;
  const imports = isPublic ? "import httpx" : "import os\n\nimport httpx";
  return `${imports}\n\n${call}\nresponse.raise_for_status()\nprint(response.text)`;
}

function joinArguments(args: readonly string[]): string {
  const line = args.join(", ");
  return line.length <= 50 && !line.includes("\n")
    ? line
    : `\n${args.map((arg) => `    ${arg},\n`).join("")}`;
}

const toSnakeCase = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
