/** Runs one case of the fault table: a gateway with one or two providers, one request of the official SDK, and its outcome. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type OpenAI from "openai";
import { APIError } from "openai";
import type { ConfigInput } from "../../../contracts/config/config.ts";
import type { Clock } from "../../../server/lib/ports.ts";
import type { AssistantTurn, Turn } from "../../../server/agent/types.ts";
import { keys, type FaultCase } from "./fault-table.ts";
import { startTestGateway, type TestGateway } from "../gateway/gateway.ts";
import { createOpenAIClient, chatRequest } from "../clients/openai-client.ts";
import type { ProcessProvider, ProviderProcess } from "./provider-process.ts";
import { readRunLines } from "../gateway/run-log.ts";
import { openaiCompletionsFormat, createReply, wireFormats, type WireFormat } from "./wire-formats.ts";
import { readText } from "../runs/turns.ts";

interface FaultGatewayOptions {
  readonly a: Pick<ProcessProvider, "baseUrl">;
  /** The fallback. */
  readonly b?: ProcessProvider | undefined;
  readonly timeouts?: { readonly firstByteMs?: number; readonly silenceMs?: number } | undefined;
  readonly clock?: Clock;
  /** The API of both providers; OpenAI's chat completions by default. */
  readonly format?: WireFormat;
}

/** Starts a gateway whose agent asks `a/m`, then `b/m`. */
export function startFaultGateway({
  a,
  b,
  timeouts = {},
  clock,
  format,
}: FaultGatewayOptions): Promise<TestGateway> {
  const provider = (baseUrl: string, apiKey: string) =>
    ({ baseUrl, apiKey, api: (format ?? openaiCompletionsFormat).api }) as const;
  const config: ConfigInput = {
    gateway: { http: { endpoints: { chatCompletions: { enabled: true }, messages: { enabled: true } } } },
    models: {
      providers: {
        a: { ...provider(a.baseUrl, keys.a), timeouts },
        ...(b === undefined ? {} : { b: provider(b.baseUrl, keys.b) }),
      },
    },
    agents: { defaults: { model: { primary: "a/m", fallbacks: b === undefined ? [] : ["b/m"] } } },
  };
  return startTestGateway({ config, ...(clock === undefined ? {} : { clock }) });
}

/** Creates a provider with the fault. A request beyond the expected attempts gets a valid response. */
export async function scriptFault(
  providers: ProviderProcess,
  faultCase: FaultCase,
): Promise<ProcessProvider> {
  const { responses = [], address, stream, format } = faultCase;
  const provider = providers.createProvider();
  const scripted = "stream" in responses ? responses[stream ? "stream" : "unstreamed"] : responses;
  await provider.script(...scripted, createReply("called once too often", stream, format));
  if (address === undefined) return provider;
  return {
    ...provider,
    baseUrl: address.startsWith("http:") ? address : provider.baseUrl.replace("http:", "https:"),
  };
}

/** The outcome for the caller. */
export interface ChatOutcome {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly shouldRetry: string | null;
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
  readonly callIds: readonly string[];
  readonly tokens: number | undefined;
  readonly isDone: boolean;
  /** The class of the SDK's error, and the `error` object in it. */
  readonly sdkError?: { readonly class: string; readonly status: unknown };
  readonly error?: unknown;
  /** Everything after the headers, as received. */
  readonly raw: string;
}

export interface ChatOptions {
  readonly stream: boolean;
  readonly content?: string;
  readonly tools?: OpenAI.ChatCompletionFunctionTool[];
  /** Called when the first content arrives. */
  readonly onContent?: () => Promise<void>;
}

const sessionKey = "cell";

/** Sends a request with the official SDK in a stored session. `raw` is the response body. */
export async function sendChat(gateway: TestGateway, options: ChatOptions): Promise<ChatOutcome> {
  const { stream, content = "hello", tools, onContent } = options;
  let response: Response | undefined;
  let raw: Promise<string> | undefined;
  const client = createOpenAIClient(gateway, {
    // The SDK stops reading at an error frame. The copy includes what follows it.
    fetch: async (url, init) => {
      response = await fetch(url, { ...init, signal: null });
      raw = response.clone().text();
      return response;
    },
    defaultHeaders: { "x-openclaw-session-key": sessionKey },
  });
  let text = "";
  let usage: OpenAI.CompletionUsage | null | undefined;
  const calls: { name: string; arguments: string }[] = [];
  const callIds: string[] = [];
  const addDelta = (delta: OpenAI.ChatCompletionChunk.Choice.Delta | OpenAI.ChatCompletionMessage): void => {
    text += delta.content ?? "";
    for (const [position, call] of (delta.tool_calls ?? []).entries()) {
      if (call.id !== undefined) callIds.push(call.id);
      if (!("function" in call)) continue;
      const target = (calls["index" in call ? call.index : position] ??= { name: "", arguments: "" });
      target.name += call.function?.name ?? "";
      target.arguments += call.function?.arguments ?? "";
    }
  };
  const body = { ...chatRequest(content), ...(tools === undefined ? {} : { tools }) };
  let thrown: unknown;
  try {
    if (stream) {
      const chunks = await client.chat.completions.create({
        ...body,
        stream: true,
        stream_options: { include_usage: true },
      });
      let hasContent = false;
      for await (const { choices, usage: chunkUsage } of chunks) {
        usage = chunkUsage ?? usage;
        if (choices[0] !== undefined) addDelta(choices[0].delta);
        if (!hasContent && text !== "") await onContent?.();
        hasContent ||= text !== "";
      }
    } else {
      const reply = await client.chat.completions.create(body);
      usage = reply.usage;
      if (reply.choices[0] !== undefined) addDelta(reply.choices[0].message);
    }
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    thrown = error;
  }
  const rawBody = (await raw) ?? "";
  return {
    status: response?.status ?? 0,
    retryAfter: response?.headers.get("retry-after") ?? null,
    shouldRetry: response?.headers.get("x-should-retry") ?? null,
    text,
    calls,
    callIds,
    tokens: usage?.total_tokens,
    isDone: rawBody.endsWith("data: [DONE]\n\n"),
    ...(thrown instanceof APIError
      ? {
          sdkError: { class: thrown.constructor.name, status: thrown.status as unknown },
          error: thrown.error as unknown,
        }
      : {}),
    raw: rawBody,
  };
}

/** Resolves to the entries of the session, formatted as lines. Stops the gateway first, since it locks its store. */
export async function readStoredEntries({ stateDir, stop }: TestGateway): Promise<readonly string[]> {
  await stop();
  const database = new DatabaseSync(join(stateDir, "sessions.sqlite"), { readOnly: true });
  try {
    const rows = database.prepare("SELECT kind, payload FROM entries ORDER BY session_id, seq").all();
    return rows.map(({ kind, payload }) => {
      if (kind !== "turn") return String(kind);
      return formatTurn((JSON.parse(String(payload)) as { turn: Turn }).turn);
    });
  } finally {
    database.close();
  }
}

function formatTurn(turn: Turn): string {
  if (turn.role === "assistant") return `assistant${formatCut(turn)}: ${readText(turn)}`;
  return `${turn.role}: ${turn.content.map((part) => (part.type === "text" ? part.text : part.type)).join("")}`;
}

const formatCut = ({ cut }: AssistantTurn): string => (cut === undefined ? "" : ` (${cut})`);

/** Resolves to the API key of each request that the provider received. */
export async function readRequestKeys(
  provider: ProcessProvider | undefined,
): Promise<readonly (string | undefined)[]> {
  return ((await provider?.readRequests()) ?? []).map(({ key }) => key);
}

/** Returns what leaked: keys, paths and addresses of the providers in the response, keys in the log. */
export function findLeaks(gateway: TestGateway, raw: string): readonly string[] {
  const log = gateway.log.join("\n");
  return [
    ...[...Object.values(keys), "provider-canary", ...wireFormats.map(({ path }) => path)].filter((secret) =>
      raw.includes(secret),
    ),
    ...(raw.match(/127\.0\.0\.1:\d+|nobody\.invalid/g) ?? []),
    ...Object.values(keys).filter((secret) => log.includes(secret)),
  ];
}

/** Returns the log line of the run; undefined when there is not exactly one. */
export function readRunLine({
  log,
}: TestGateway): { readonly outcome: string; readonly model: string } | undefined {
  const [line, ...otherLines] = readRunLines(log);
  if (line === undefined || otherLines.length > 0) return undefined;
  return { outcome: line.outcome, model: line.model };
}
