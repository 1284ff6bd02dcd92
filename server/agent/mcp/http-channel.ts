/** A server at a URL, over streamable HTTP. Adds what the package's transport lacks: lost answers end, and so do left ones. */
import {
  isJSONRPCErrorResponse,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  StreamableHTTPClientTransport,
  type FetchLike,
  type JSONRPCMessage,
  type RequestId,
} from "@modelcontextprotocol/client";
import { Agent, fetch } from "undici";
import type { Config } from "../../../contracts/config/config.ts";
import { reveal } from "../../../contracts/config/secret.ts";
import type { Channel } from "./channel.ts";

export type HttpServer = Extract<Config["tools"]["mcpServers"][string], { url: string }>;

const maxAnswerBytes = 10 * 1024 * 1024;
const farewellMs = 1_000;
const lostCode = -32_000;

export function httpChannel(server: HttpServer): Channel {
  // How long an answer may take is for the caller to say.
  const dispatcher = new Agent({
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 10_000 },
  });
  const headers = Object.fromEntries(
    Object.entries(server.headers).map(([name, secret]) => [name, reveal(secret)]),
  );
  // Redirects are followed within the origin only, so the headers go nowhere else.
  const transport = new StreamableHTTPClientTransport(new URL(server.url), {
    requestInit: { headers },
    redirectPolicy: "same-origin",
    fetch: boundedFetch(dispatcher),
  });
  followRequests(transport);

  return {
    transport,
    // It is asked again and again; nobody says when it is gone.
    ended: new Promise(() => {}),
    endReason: () => undefined,
    // The specification says 404; servers written after its first examples say 400.
    isExpired: (error) =>
      error instanceof SdkHttpError &&
      (error.status === 404 || error.status === 400) &&
      transport.sessionId !== undefined,
    async close() {
      const farewell = transport.terminateSession().catch(() => {});
      await Promise.race([farewell, new Promise((resolve) => setTimeout(resolve, farewellMs).unref())]);
      await transport.close().catch(() => {});
      await dispatcher.destroy();
    },
  };
}

function boundedFetch(dispatcher: Agent): FetchLike {
  const fetchAny = fetch as unknown as (url: string | URL, init: object) => Promise<Response>;
  return async (url, init = {}) => {
    const response = await fetchAny(url, { ...init, dispatcher });
    // The stream of a GET stays open for as long as the session.
    if (init.method !== "POST" || response.status !== 200 || response.body === null) return response;
    return new Response(response.body.pipeThrough(atMost(maxAnswerBytes)), {
      status: response.status,
      headers: response.headers,
    });
  };
}

function atMost(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(bytes, controller) {
      size += bytes.length;
      if (size > maxBytes) controller.error(tooLarge(maxBytes));
      else controller.enqueue(bytes);
    },
  });
}

const tooLarge = (maxBytes: number): SdkError =>
  new SdkError(SdkErrorCode.InvalidResult, `The answer is larger than ${maxBytes} bytes.`);

/**
 * A stream that ends without its answer would leave the caller waiting, and one whose request was cancelled would stay
 * open: both are ended here.
 */
function followRequests(transport: StreamableHTTPClientTransport): void {
  const open = new Map<RequestId, AbortController>();
  const send = transport.send.bind(transport);

  function lost(id: RequestId): void {
    if (!open.delete(id)) return;
    const error = { code: lostCode, message: "The connection was lost before the answer came." };
    transport.onmessage?.({ jsonrpc: "2.0", id, error });
  }

  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- It is no event target.
  transport.onmessage = (message) => {
    if (!isJSONRPCResultResponse(message) && !isJSONRPCErrorResponse(message)) return;
    if (message.id !== undefined) open.delete(message.id);
  };

  transport.send = async (message, options) => {
    if (Array.isArray(message)) throw new TypeError("Batches are not a thing of this protocol any more.");
    // A subscription follows its stream itself.
    if (isJSONRPCRequest(message) && options?.onRequestStreamEnd === undefined) {
      const { id } = message;
      const leave = new AbortController();
      open.set(id, leave);
      const signals = [
        leave.signal,
        ...(options?.requestSignal === undefined ? [] : [options.requestSignal]),
      ];
      const requestSignal = AbortSignal.any(signals);
      try {
        await send(message, { ...options, requestSignal, onRequestStreamEnd: () => lost(id) });
      } catch (error) {
        open.delete(id);
        throw error;
      }
      return;
    }
    const left = cancelledBy(message);
    if (left === undefined) return send(message, options);
    try {
      await send(message, { ...options, requestSignal: AbortSignal.timeout(farewellMs) });
    } finally {
      open.get(left)?.abort();
      open.delete(left);
    }
  };
}

function cancelledBy(message: JSONRPCMessage): RequestId | undefined {
  if (!("method" in message) || message.method !== "notifications/cancelled") return undefined;
  return (message.params as { readonly requestId?: RequestId } | undefined)?.requestId;
}
