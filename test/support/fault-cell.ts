/** One cell of the fault table: a gateway with one or two providers, one request of the official SDK, and all that came of it. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type OpenAI from "openai";
import { APIError } from "openai";
import type { ConfigInput } from "../../contracts/config/config.ts";
import type { AssistantTurn, Clock, Turn } from "../../server/agent/types.ts";
import { keys, type Cell } from "./fault-table.ts";
import { chatOn, startTestGateway, type TestGateway } from "./gateway.ts";
import { openaiClient, question } from "./openai-client.ts";
import type { Lane, ProviderProcess } from "./provider-process.ts";
import { runLines } from "./run-log.ts";
import { openaiCompletionsFormat, rightAnswer, wireFormats, type WireFormat } from "./wire-formats.ts";

interface TwoProviders {
  readonly a: Pick<Lane, "baseUrl">;
  /** The fallback, if there is one. */
  readonly b?: Lane | undefined;
  readonly timeouts?: { readonly firstByteMs?: number; readonly silenceMs?: number } | undefined;
  readonly clock?: Clock;
  /** Of both; by default that of OpenAI's chat completions. */
  readonly format?: WireFormat;
}

/** A gateway whose agent asks `a/m`, then `b/m`. */
export function startCell({ a, b, timeouts = {}, clock, format }: TwoProviders): Promise<TestGateway> {
  const provider = (baseUrl: string, apiKey: string) =>
    ({ baseUrl, apiKey, api: (format ?? openaiCompletionsFormat).api }) as const;
  const config: ConfigInput = {
    ...chatOn,
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

/** A provider that has the fault, and would answer well if it were asked more often than it should be. */
export async function failing(providers: ProviderProcess, cell: Cell): Promise<Lane> {
  const { plays = [], at, stream, format } = cell;
  const lane = providers.lane();
  const answers = "stream" in plays ? plays[stream ? "stream" : "whole"] : plays;
  await lane.script(...answers, rightAnswer("asked once too often", stream, format));
  if (at === undefined) return lane;
  return { ...lane, baseUrl: at.startsWith("http:") ? at : lane.baseUrl.replace("http:", "https:") };
}

/** What the caller got, in its own terms. */
export interface Received {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly shouldRetry: string | null;
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
  readonly callIds: readonly string[];
  readonly tokens: number | undefined;
  readonly done: boolean;
  /** The class that the SDK threw, and the `error` object that it was made of. */
  readonly thrown?: { readonly class: string; readonly status: unknown };
  readonly error?: unknown;
  /** Everything after the headers, as it came. */
  readonly raw: string;
}

export interface AskOptions {
  readonly stream: boolean;
  readonly content?: string;
  readonly tools?: OpenAI.ChatCompletionFunctionTool[];
  /** Called when the first content has come. */
  readonly onContent?: () => Promise<void>;
}

const sessionKey = "cell";

/** Asks with the official SDK, in a stored session; `raw` is what went by underneath. */
export async function ask(gateway: TestGateway, options: AskOptions): Promise<Received> {
  const { stream, content = "hello", tools, onContent } = options;
  let response: Response | undefined;
  let raw: Promise<string> | undefined;
  const client = openaiClient(gateway, {
    // The SDK leaves at an error frame; what may come after it counts too.
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
  const hear = (delta: OpenAI.ChatCompletionChunk.Choice.Delta | OpenAI.ChatCompletionMessage): void => {
    text += delta.content ?? "";
    for (const [position, call] of (delta.tool_calls ?? []).entries()) {
      if (call.id !== undefined) callIds.push(call.id);
      if (!("function" in call)) continue;
      const at = (calls["index" in call ? call.index : position] ??= { name: "", arguments: "" });
      at.name += call.function?.name ?? "";
      at.arguments += call.function?.arguments ?? "";
    }
  };
  const body = { ...question(content), ...(tools === undefined ? {} : { tools }) };
  let thrown: unknown;
  try {
    if (stream) {
      const chunks = await client.chat.completions.create({
        ...body,
        stream: true,
        stream_options: { include_usage: true },
      });
      let heard = false;
      for await (const { choices, usage: told } of chunks) {
        usage = told ?? usage;
        if (choices[0] !== undefined) hear(choices[0].delta);
        if (!heard && text !== "") await onContent?.();
        heard ||= text !== "";
      }
    } else {
      const reply = await client.chat.completions.create(body);
      usage = reply.usage;
      if (reply.choices[0] !== undefined) hear(reply.choices[0].message);
    }
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    thrown = error;
  }
  const came = (await raw) ?? "";
  return {
    status: response?.status ?? 0,
    retryAfter: response?.headers.get("retry-after") ?? null,
    shouldRetry: response?.headers.get("x-should-retry") ?? null,
    text,
    calls,
    callIds,
    tokens: usage?.total_tokens,
    done: came.endsWith("data: [DONE]\n\n"),
    ...(thrown instanceof APIError
      ? {
          thrown: { class: thrown.constructor.name, status: thrown.status as unknown },
          error: thrown.error as unknown,
        }
      : {}),
    raw: came,
  };
}

/** The session, a line for each entry: who, how it was cut, what. Stops the gateway, which locks its store. */
export async function storedIn({ stateDir, stop }: TestGateway): Promise<readonly string[]> {
  await stop();
  const database = new DatabaseSync(join(stateDir, "sessions.sqlite"), { readOnly: true });
  try {
    const rows = database.prepare("SELECT kind, payload FROM entries ORDER BY session_id, seq").all();
    return rows.map(({ kind, payload }) => {
      if (kind !== "turn") return String(kind);
      return lineOf((JSON.parse(String(payload)) as { turn: Turn }).turn);
    });
  } finally {
    database.close();
  }
}

function lineOf(turn: Turn): string {
  if (turn.role === "assistant") return `assistant${cutMark(turn)}: ${turn.text}`;
  return `${turn.role}: ${turn.content.map((part) => (part.type === "text" ? part.text : part.type)).join("")}`;
}

const cutMark = ({ cut }: AssistantTurn): string => (cut === undefined ? "" : ` (${cut})`);

/** The keys with which a provider was asked, one for each request. */
export async function keysSeenBy(lane: Lane | undefined): Promise<readonly (string | undefined)[]> {
  return ((await lane?.seen()) ?? []).map(({ key }) => key);
}

/** Strings that nobody may see: in the answer the keys and paths of the providers, in the log the keys. */
export function leaks(gateway: TestGateway, raw: string): readonly string[] {
  const log = gateway.log.join("\n");
  return [
    ...[...Object.values(keys), "lane-canary", ...wireFormats.map(({ path }) => path)].filter((secret) =>
      raw.includes(secret),
    ),
    ...Object.values(keys).filter((secret) => log.includes(secret)),
  ];
}

/** The one line that the run has left in the log. */
export function runOf({
  log,
}: TestGateway): { readonly outcome: string; readonly model: string } | undefined {
  const [line, ...more] = runLines(log);
  if (line === undefined || more.length > 0) return undefined;
  return { outcome: line.outcome, model: line.model };
}
