/** One WebSocket connection: the handshake, then calls and events until it is closed. It does not reconnect. */
import { toSocketError, GatewayRequestError, type ClientErrorCode } from "../errors.ts";
import type { ConnectParams, EventFrame, HelloOk, RequestFrame, ResponseFrame } from "./types.ts";

/** The used part of `WebSocket`. The global one of browsers and Node 22 and the class of the package `ws` have it. */
export interface WebSocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}

export type WebSocketConstructor = new (url: string) => WebSocketLike;

export interface ConnectionOptions {
  readonly url: string;
  readonly WebSocket: WebSocketConstructor;
  readonly connect: ConnectParams;
  onEvent(event: EventFrame): void;
}

export interface Connection {
  readonly hello: HelloOk;
  /** Sends a call. Its `answer` rejects with the error of the gateway, or with `connection_lost`. */
  call(method: string, params: unknown, onAccepted: (payload: unknown) => void): PendingCall;
  /** Resolves to the reason when the connection is closed. */
  readonly closed: Promise<GatewayRequestError>;
  close(): void;
}

export interface PendingCall {
  readonly answer: Promise<unknown>;
  /** Ignores the result when it arrives. */
  forget(): void;
}

interface CallHandlers {
  resolve(payload: unknown): void;
  reject(error: GatewayRequestError): void;
  onAccepted(payload: unknown): void;
}

const handshakeMs = 15_000;

export async function openConnection({
  url,
  WebSocket,
  connect,
  onEvent,
}: ConnectionOptions): Promise<Connection> {
  const socket = new WebSocket(url);
  const pendingCalls = new Map<string, CallHandlers>();
  let calls = 0;
  let lastMessageAt = Date.now();
  let silenceTimer: ReturnType<typeof setInterval> | undefined;
  let resolveClosed: (error: GatewayRequestError) => void = () => {};
  const closed = new Promise<GatewayRequestError>((resolve) => (resolveClosed = resolve));

  let closeError: GatewayRequestError | undefined;
  const fail = (error: GatewayRequestError): void => {
    closeError ??= error;
    clearInterval(silenceTimer);
    clearTimeout(handshakeTimer);
    resolveClosed(error);
    for (const { reject } of pendingCalls.values()) reject(error);
    pendingCalls.clear();
  };
  /** Fails at once. The `close` event of a dead connection may take minutes. */
  const closeWith = (closeCode: number, message: string, code: ClientErrorCode = "connection_lost"): void => {
    fail(createError(code, message));
    socket.close(closeCode, message);
  };
  const handshakeTimer = setTimeout(
    () => closeWith(4000, `The gateway did not send hello within ${handshakeMs} ms.`),
    handshakeMs,
  );

  const call: Connection["call"] = (method, params, onAccepted) => {
    if (closeError !== undefined) return { answer: Promise.reject(closeError), forget: () => {} };
    const id = String((calls += 1));
    const answer = new Promise<unknown>((resolve, reject) =>
      pendingCalls.set(id, { resolve, reject, onAccepted }),
    );
    const frame: RequestFrame = { type: "req", id, method, params };
    socket.send(JSON.stringify(frame));
    return { answer, forget: () => void pendingCalls.delete(id) };
  };
  const handleResponse = ({ id, ok, payload, error }: ResponseFrame): void => {
    const call = pendingCalls.get(id);
    if (call === undefined) return;
    if (ok && isAccepted(payload)) return call.onAccepted(payload);
    pendingCalls.delete(id);
    if (ok) call.resolve(payload);
    else call.reject(toSocketError(error));
  };
  /** Closes the connection after two missed ticks. */
  const watchTicks = ({ policy: { tickIntervalMs } }: HelloOk): void => {
    silenceTimer = setInterval(() => {
      const silentMs = Date.now() - lastMessageAt;
      if (silentMs > 2 * tickIntervalMs) closeWith(4000, `The gateway sent nothing for ${silentMs} ms.`);
    }, tickIntervalMs);
  };

  socket.addEventListener("message", ({ data }) => {
    // The package `ws` still emits messages while it closes.
    if (closeError !== undefined) return;
    lastMessageAt = Date.now();
    const frame = parseFrame(String(data));
    if (frame === undefined) closeWith(4000, "A message is not JSON. Is this a gateway?", "invalid_response");
    else if (frame.type === "res") handleResponse(frame);
    else onEvent(frame);
  });
  // A "close" event with the reason follows each error.
  socket.addEventListener("error", () => {});

  let opened = false;
  const open = new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => {
      opened = true;
      resolve();
    });
    void closed.then(reject);
  });
  socket.addEventListener("close", ({ code, reason }) =>
    fail(
      opened
        ? createError("connection_lost", `The connection was closed: ${reason || `code ${code}`}.`)
        : createError("connection_failed", `There is no WebSocket at ${url}.`),
    ),
  );

  await open;
  const hello = (await call("connect", connect, () => {}).answer) as HelloOk;
  clearTimeout(handshakeTimer);
  watchTicks(hello);
  return { hello, call, closed, close: () => closeWith(1000, "The socket was closed.") };
}

function parseFrame(text: string): ResponseFrame | EventFrame | undefined {
  try {
    return JSON.parse(text) as ResponseFrame | EventFrame;
  } catch {
    return undefined;
  }
}

function isAccepted(payload: unknown): boolean {
  return (payload as { readonly status?: unknown } | null | undefined)?.status === "accepted";
}

function createError(code: ClientErrorCode, message: string): GatewayRequestError {
  return new GatewayRequestError(message, { code });
}
