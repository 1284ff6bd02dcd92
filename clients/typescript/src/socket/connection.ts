/** One WebSocket: the handshake, then calls and events until it is lost. What comes after that is not its business. */
import { toSocketError, GatewayRequestError, type ClientErrorCode } from "../errors.ts";
import type { ConnectParams, EventFrame, HelloOk, RequestFrame, ResponseFrame } from "./types.ts";

/** What is used of a WebSocket: that of browsers and of Node 22, and that of the package `ws`. */
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
  /** Resolves to the final answer. Rejects with its failure, or with `connection_lost`. */
  call(method: string, params: unknown, onAccepted: (payload: unknown) => void): PendingCall;
  /** Resolves to why, when there is no connection any more. */
  readonly closed: Promise<GatewayRequestError>;
  close(): void;
}

export interface PendingCall {
  readonly answer: Promise<unknown>;
  /** Its answer is of no interest any more. */
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
  /** A dead line may take minutes to close, so nothing waits for that. */
  const closeWith = (closeCode: number, message: string, code: ClientErrorCode = "connection_lost"): void => {
    fail(createError(code, message));
    socket.close(closeCode, message);
  };
  const handshakeTimer = setTimeout(() => closeWith(4000, `No hello within ${handshakeMs} ms.`), handshakeMs);

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
  /** Two ticks that did not come: nobody is there any more. */
  const watchTicks = ({ policy: { tickIntervalMs } }: HelloOk): void => {
    silenceTimer = setInterval(() => {
      const silentMs = Date.now() - lastMessageAt;
      if (silentMs > 2 * tickIntervalMs) closeWith(4000, `The gateway was silent for ${silentMs} ms.`);
    }, tickIntervalMs);
  };

  socket.addEventListener("message", ({ data }) => {
    // That of the package ws is still heard while it closes.
    if (closeError !== undefined) return;
    lastMessageAt = Date.now();
    const frame = parseFrame(String(data));
    if (frame === undefined) closeWith(4000, "A message is not JSON: is this a gateway?", "invalid_response");
    else if (frame.type === "res") handleResponse(frame);
    else onEvent(frame);
  });
  // What fails is closed next, and that tells more.
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
