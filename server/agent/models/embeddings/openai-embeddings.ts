/** Any server of OpenAI's embeddings API: the call over HTTP, and an answer that is looked at before it is trusted. */
import { request, type Dispatcher } from "undici";
import { GatewayError } from "../../../errors.ts";
import { protocolFault, providerError, statusFault, type Upstream } from "../faults.ts";
import {
  callFault,
  ignoreErrors,
  keepAliveAgent,
  requestHeaders,
  startOf,
  upstreamOf,
  type Body,
  type ServerSettings,
} from "../upstream.ts";
import { watchOver, type Watch } from "../watch.ts";
import { asList, asObject } from "../wire.ts";
import type { Embedder, EmbeddingCall, Embeddings } from "./embedder.ts";

/** The largest batch with the longest vectors in use, as JSON. */
const maxAnswerBytes = 128 * 1024 * 1024;

export function openaiEmbeddings(
  settings: ServerSettings,
  dispatcher: Dispatcher = keepAliveAgent(),
): (modelId: string) => Embedder {
  const url = new URL(settings.baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/embeddings`;
  const own = {
    "content-type": "application/json",
    accept: "application/json",
    ...(settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` }),
  };
  const headers = requestHeaders(own, settings.headers);
  const upstream = upstreamOf(settings);

  return (model) => async (call, signal) => {
    const watch = watchOver(signal);
    let response: Dispatcher.ResponseData | undefined;
    try {
      signal.throwIfAborted();
      watch.expect(settings.firstByteMs);
      const body = JSON.stringify({
        model,
        input: call.texts,
        dimensions: call.dimensions,
        encoding_format: "float",
      });
      response = await request(url, { method: "POST", headers, body, signal: watch.signal, dispatcher });
      ignoreErrors(response.body);
      const { statusCode } = response;
      if (statusCode < 200 || statusCode > 299) {
        const text = await startOf(response.body, settings.silenceMs, watch);
        throw statusFault(statusCode, response.headers, text, upstream);
      }
      const text = await readWhole(response.body, settings.silenceMs, watch, upstream);
      return readEmbeddings(text, call, upstream);
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw callFault(thrown, response !== undefined, upstream, watch);
    } finally {
      watch.release();
      response?.body.destroy();
    }
  };
}

async function readWhole(body: Body, silenceMs: number, watch: Watch, upstream: Upstream): Promise<string> {
  const received: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of body) {
    received.push(bytes as Uint8Array);
    size += (bytes as Uint8Array).length;
    if (size > maxAnswerBytes) throw protocolFault(upstream, "sent an answer of more than 128 MiB");
    watch.expect(silenceMs);
  }
  return new TextDecoder().decode(Buffer.concat(received));
}

interface WireAnswer {
  readonly data?: unknown;
  readonly usage?: unknown;
}
interface WireEmbedding {
  readonly index?: unknown;
  readonly embedding?: unknown;
}

function readEmbeddings(text: string, call: EmbeddingCall, upstream: Upstream): Embeddings {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw protocolFault(upstream, "sent an answer that is not JSON");
  }
  const said = providerError(json, upstream);
  if (said !== undefined) throw protocolFault(upstream, `sent an error as a success: ${said.message}`);
  const answer = asObject<WireAnswer>(json);
  const vectors: (readonly number[])[] = [];
  for (const [place, each] of asList(answer?.data).entries()) {
    const { index = place, embedding } = asObject<WireEmbedding>(each) ?? {};
    if (typeof index === "number" && isVector(embedding)) vectors[index] = embedding;
  }
  const [first] = vectors;
  const whole = vectors.length === call.texts.length && !vectors.includes(undefined as never);
  if (!whole || vectors.some(({ length }) => length !== first?.length))
    throw protocolFault(
      upstream,
      `answered ${call.texts.length} texts with something else than as many vectors`,
    );
  checkDimensions(first?.length ?? 0, call, upstream);
  return { vectors, tokens: tokensOf(answer?.usage) };
}

/** A server that takes no notice of `dimensions` would give vectors that fit no index of the caller's. */
function checkDimensions(length: number, { dimensions }: EmbeddingCall, upstream: Upstream): void {
  if (dimensions === undefined || dimensions === length) return;
  throw new GatewayError(
    "unsupported_value",
    `dimensions: the model at ${upstream.host} makes vectors of ${length} numbers, not of ${dimensions}`,
    { param: "dimensions" },
  );
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => Number.isFinite(each));
}

function tokensOf(usage: unknown): number | undefined {
  const tokens = asObject<{ readonly prompt_tokens?: unknown }>(usage)?.prompt_tokens;
  return typeof tokens === "number" && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : undefined;
}
