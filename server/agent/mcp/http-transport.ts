/** The Streamable HTTP transport. Adds to the SDK's: a request whose stream was lost or cancelled ends at once. */
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
import type { McpTransport } from "./transport.ts";

export type HttpServer = Extract<Config["tools"]["mcpServers"][string], { url: string }>;

const maxResponseBytes = 10 * 1024 * 1024;
const closeTimeoutMs = 1_000;
const connectionLostCode = -32_000;

interface HttpClient {
  readonly fetch: FetchLike;
  readonly headers: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export function createHttpClient(server: HttpServer): HttpClient {
  // Each call has its own timeout.
  const dispatcher = new Agent({
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 10_000 },
  });
  const headers = Object.fromEntries(
    Object.entries(server.headers).map(([name, secret]) => [name, reveal(secret)]),
  );
  return { fetch: createBoundedFetch(dispatcher), headers, close: () => dispatcher.destroy() };
}

export function createHttpTransport(server: HttpServer): McpTransport {
  const client = createHttpClient(server);
  // Redirects are followed within the origin only, so that the configured headers stay there.
  const sdkTransport = new StreamableHTTPClientTransport(new URL(server.url), {
    requestInit: { headers: client.headers },
    redirectPolicy: "same-origin",
    fetch: client.fetch,
  });
  trackRequests(sdkTransport);

  return {
    sdkTransport,
    // HTTP is connectionless: a lost server shows only in the next request.
    ended: new Promise(() => {}),
    getEndReason: () => undefined,
    // The specification requires 404 for an expired session; servers based on its first examples send 400.
    // https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#session-management
    isExpired: (error) =>
      error instanceof SdkHttpError &&
      (error.status === 404 || error.status === 400) &&
      sdkTransport.sessionId !== undefined,
    async close() {
      const termination = sdkTransport.terminateSession().catch(() => {});
      await Promise.race([
        termination,
        new Promise((resolve) => setTimeout(resolve, closeTimeoutMs).unref()),
      ]);
      await sdkTransport.close().catch(() => {});
      await client.close();
    },
  };
}

function createBoundedFetch(dispatcher: Agent): FetchLike {
  const undiciFetch = fetch as unknown as (url: string | URL, init: object) => Promise<Response>;
  return async (url, init = {}) => {
    const response = await undiciFetch(url, { ...init, dispatcher });
    // The stream of a GET stays open as long as the session, so only responses to POST are limited.
    if (init.method !== "POST" || response.status !== 200 || response.body === null) return response;
    return new Response(response.body.pipeThrough(limitBytes(maxResponseBytes)), {
      status: response.status,
      headers: response.headers,
    });
  };
}

function limitBytes(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(bytes, controller) {
      size += bytes.length;
      if (size > maxBytes) controller.error(createTooLargeError(maxBytes));
      else controller.enqueue(bytes);
    },
  });
}

const createTooLargeError = (maxBytes: number): SdkError =>
  new SdkError(SdkErrorCode.InvalidResult, `The response is larger than ${maxBytes} bytes.`);

/**
 * The SDK leaves the caller waiting if a stream ends without the response, and leaves the stream of a cancelled request
 * open. This function ends both.
 */
function trackRequests(transport: StreamableHTTPClientTransport): void {
  const pending = new Map<RequestId, AbortController>();
  const send = transport.send.bind(transport);

  function failLostRequest(id: RequestId): void {
    if (!pending.delete(id)) return;
    const error = {
      code: connectionLostCode,
      message: "The connection was lost before the response arrived.",
    };
    transport.onmessage?.({ jsonrpc: "2.0", id, error });
  }

  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- The transport is not an EventTarget.
  transport.onmessage = (message) => {
    if (!isJSONRPCResultResponse(message) && !isJSONRPCErrorResponse(message)) return;
    if (message.id !== undefined) pending.delete(message.id);
  };

  transport.send = async (message, options) => {
    if (Array.isArray(message))
      throw new TypeError("JSON-RPC batches are not supported: MCP has removed them.");
    // A subscription handles the end of its stream itself.
    if (isJSONRPCRequest(message) && options?.onRequestStreamEnd === undefined) {
      const { id } = message;
      const controller = new AbortController();
      pending.set(id, controller);
      const signals = [
        controller.signal,
        ...(options?.requestSignal === undefined ? [] : [options.requestSignal]),
      ];
      const requestSignal = AbortSignal.any(signals);
      try {
        await send(message, { ...options, requestSignal, onRequestStreamEnd: () => failLostRequest(id) });
      } catch (error) {
        pending.delete(id);
        throw error;
      }
      return;
    }
    const cancelledId = getCancelledId(message);
    if (cancelledId === undefined) return send(message, options);
    try {
      await send(message, { ...options, requestSignal: AbortSignal.timeout(closeTimeoutMs) });
    } finally {
      pending.get(cancelledId)?.abort();
      pending.delete(cancelledId);
    }
  };
}

function getCancelledId(message: JSONRPCMessage): RequestId | undefined {
  if (!("method" in message) || message.method !== "notifications/cancelled") return undefined;
  return (message.params as { readonly requestId?: RequestId } | undefined)?.requestId;
}
