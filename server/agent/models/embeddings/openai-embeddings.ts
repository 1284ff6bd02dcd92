/** Embeddings of any server that implements OpenAI's API. https://platform.openai.com/docs/api-reference/embeddings */
import { request, type Dispatcher } from "undici";
import { GatewayError } from "../../../lib/errors.ts";
import {
  createProtocolError,
  parseProviderError,
  toHttpStatusError,
  type Upstream,
} from "../provider-errors.ts";
import {
  toCallError,
  ignoreErrors,
  createKeepAliveAgent,
  mergeHeaders,
  readErrorText,
  toBasePath,
  toUpstream,
  type Body,
  type UpstreamOptions,
} from "../upstream.ts";
import { createCallController, type CallController } from "../call-controller.ts";
import { asList, asObject, tryParseReply } from "../untrusted-json.ts";
import type { Embedder, EmbeddingCall, Embeddings } from "./embedder.ts";

/** Room for the largest batch with the longest vectors in use, as JSON. */
const maxResponseBytes = 128 * 1024 * 1024;

export function createOpenaiEmbeddings(
  settings: UpstreamOptions,
  dispatcher: Dispatcher = createKeepAliveAgent(),
): (modelId: string) => Embedder {
  const url = new URL(settings.baseUrl);
  url.pathname = `${toBasePath(url)}/embeddings`;
  const baseHeaders = {
    "content-type": "application/json",
    accept: "application/json",
    ...(settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` }),
  };
  const headers = mergeHeaders(baseHeaders, settings.headers);
  const upstream = toUpstream(settings);

  return (model) => async (call, signal) => {
    const controller = createCallController(signal);
    let response: Dispatcher.ResponseData | undefined;
    try {
      signal.throwIfAborted();
      controller.startTimer(settings.firstByteMs);
      const body = JSON.stringify({
        model,
        input: call.texts,
        dimensions: call.dimensions,
        encoding_format: "float",
      });
      response = await request(url, { method: "POST", headers, body, signal: controller.signal, dispatcher });
      ignoreErrors(response.body);
      const { statusCode } = response;
      if (statusCode < 200 || statusCode > 299) {
        const text = await readErrorText(response.body, settings.silenceMs, controller);
        throw toHttpStatusError(statusCode, response.headers, text, upstream);
      }
      const text = await readBody(response.body, settings.silenceMs, controller, upstream);
      return readEmbeddings(text, call, upstream);
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw toCallError(thrown, response !== undefined, upstream, controller);
    } finally {
      controller.dispose();
      response?.body.destroy();
    }
  };
}

async function readBody(
  body: Body,
  silenceMs: number,
  controller: CallController,
  upstream: Upstream,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of body) {
    chunks.push(bytes as Uint8Array);
    size += (bytes as Uint8Array).length;
    if (size > maxResponseBytes) throw createProtocolError(upstream, "sent a response of more than 128 MiB");
    controller.startTimer(silenceMs);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

interface WireResponse {
  readonly data?: unknown;
  readonly usage?: unknown;
}
interface WireEmbedding {
  readonly index?: unknown;
  readonly embedding?: unknown;
}

function readEmbeddings(text: string, call: EmbeddingCall, upstream: Upstream): Embeddings {
  const json = tryParseReply(text);
  if (json === undefined) throw createProtocolError(upstream, "sent a response that is not JSON");
  const wireError = parseProviderError(json, upstream);
  if (wireError !== undefined)
    throw createProtocolError(upstream, `sent an error as a success: ${wireError.message}`);
  const response = asObject<WireResponse>(json);
  const vectors: (readonly number[])[] = [];
  for (const [position, item] of asList(response?.data).entries()) {
    const { index = position, embedding } = asObject<WireEmbedding>(item) ?? {};
    if (typeof index === "number" && isVector(embedding)) vectors[index] = embedding;
  }
  const [first] = vectors;
  const isComplete = vectors.length === call.texts.length && !vectors.includes(undefined as never);
  if (!isComplete || vectors.some(({ length }) => length !== first?.length))
    throw createProtocolError(
      upstream,
      `did not send one vector of the same length for each of the ${call.texts.length} texts`,
    );
  checkDimensions(first?.length ?? 0, call, upstream);
  return { vectors, tokens: readTokens(response?.usage) };
}

/** Some servers ignore `dimensions`; their vectors would not fit the caller's index. */
function checkDimensions(length: number, { dimensions }: EmbeddingCall, upstream: Upstream): void {
  if (dimensions === undefined || dimensions === length) return;
  throw new GatewayError(
    "unsupported_value",
    `dimensions: the model of ${upstream.name} returns vectors of ${length} numbers, not of ${dimensions}`,
    { param: "dimensions" },
  );
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => Number.isFinite(item));
}

function readTokens(usage: unknown): number | undefined {
  const tokens = asObject<{ readonly prompt_tokens?: unknown }>(usage)?.prompt_tokens;
  return typeof tokens === "number" && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : undefined;
}
