/** One WebSocket: the handshake, then calls and events until it is lost. What comes after that is not its business. */
import { errorOfSocket, GatewayRequestError, type ClientErrorCode } from "../errors.ts";
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

export interface LinkOptions {
  readonly url: string;
  readonly WebSocket: WebSocketConstructor;
  readonly connect: ConnectParams;
  onEvent(event: EventFrame): void;
}

export interface Link {
  readonly hello: HelloOk;
  /** Resolves to the final answer. Rejects with its failure, or with `connection_lost`. */
  call(method: string, params: unknown, onAccepted: (payload: unknown) => void): PendingCall;
  /** Resolves to why, when there is no connection any more. */
  readonly lost: Promise<GatewayRequestError>;
  close(): void;
}

export interface PendingCall {
  readonly answer: Promise<unknown>;
  /** Its answer is of no interest any more. */
  forget(): void;
}

interface Waiting {
  resolve(payload: unknown): void;
  reject(error: GatewayRequestError): void;
  onAccepted(payload: unknown): void;
}

const handshakeMs = 15_000;

export async function openLink({ url, WebSocket, connect, onEvent }: LinkOptions): Promise<Link> {
  const socket = new WebSocket(url);
  const waiting = new Map<string, Waiting>();
  let calls = 0;
  let lastHeard = Date.now();
  let pulse: ReturnType<typeof setInterval> | undefined;
  let tellLost: (error: GatewayRequestError) => void = () => {};
  const lost = new Promise<GatewayRequestError>((resolve) => (tellLost = resolve));

  let gone: GatewayRequestError | undefined;
  const lose = (error: GatewayRequestError): void => {
    gone ??= error;
    clearInterval(pulse);
    clearTimeout(late);
    tellLost(error);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  /** A dead line may take minutes to close, so nothing waits for that. */
  const drop = (closeCode: number, message: string, code: ClientErrorCode = "connection_lost"): void => {
    lose(failure(code, message));
    socket.close(closeCode, message);
  };
  const late = setTimeout(() => drop(4000, `No hello within ${handshakeMs} ms.`), handshakeMs);

  const call: Link["call"] = (method, params, onAccepted) => {
    if (gone !== undefined) return { answer: Promise.reject(gone), forget: () => {} };
    const id = String((calls += 1));
    const answer = new Promise<unknown>((resolve, reject) =>
      waiting.set(id, { resolve, reject, onAccepted }),
    );
    const frame: RequestFrame = { type: "req", id, method, params };
    socket.send(JSON.stringify(frame));
    return { answer, forget: () => void waiting.delete(id) };
  };
  const answered = ({ id, ok, payload, error }: ResponseFrame): void => {
    const call = waiting.get(id);
    if (call === undefined) return;
    if (ok && isAccepted(payload)) return call.onAccepted(payload);
    waiting.delete(id);
    if (ok) call.resolve(payload);
    else call.reject(errorOfSocket(error));
  };
  /** Two ticks that did not come: nobody is there any more. */
  const watch = ({ policy: { tickIntervalMs } }: HelloOk): void => {
    pulse = setInterval(() => {
      const silentMs = Date.now() - lastHeard;
      if (silentMs > 2 * tickIntervalMs) drop(4000, `The gateway was silent for ${silentMs} ms.`);
    }, tickIntervalMs);
  };

  socket.addEventListener("message", ({ data }) => {
    // That of the package ws is still heard while it closes.
    if (gone !== undefined) return;
    lastHeard = Date.now();
    const frame = frameOf(String(data));
    if (frame === undefined) drop(4000, "A message is not JSON: is this a gateway?", "invalid_response");
    else if (frame.type === "res") answered(frame);
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
    void lost.then(reject);
  });
  socket.addEventListener("close", ({ code, reason }) =>
    lose(
      opened
        ? failure("connection_lost", `The connection was closed: ${reason || `code ${code}`}.`)
        : failure("connection_failed", `There is no WebSocket at ${url}.`),
    ),
  );

  await open;
  const hello = (await call("connect", connect, () => {}).answer) as HelloOk;
  clearTimeout(late);
  watch(hello);
  return { hello, call, lost, close: () => drop(1000, "The socket was closed.") };
}

function frameOf(text: string): ResponseFrame | EventFrame | undefined {
  try {
    return JSON.parse(text) as ResponseFrame | EventFrame;
  } catch {
    return undefined;
  }
}

function isAccepted(payload: unknown): boolean {
  return (payload as { readonly status?: unknown } | null | undefined)?.status === "accepted";
}

function failure(code: ClientErrorCode, message: string): GatewayRequestError {
  return new GatewayRequestError(message, { code });
}
