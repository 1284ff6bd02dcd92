/** A plain client of the gateway WebSocket. It sends frames, waits for responses and events, and keeps all received frames. */
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { WebSocket, type ClientOptions } from "ws";
import { token, type TestGateway } from "../gateway/gateway.ts";

export interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly ok?: boolean;
  readonly payload?: unknown;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly details?: Readonly<Record<string, unknown>>;
    readonly retryable?: boolean;
    readonly retryAfterMs?: number;
  };
  readonly event?: string;
  readonly seq?: number;
}

type Fields = Readonly<Record<string, unknown>>;

export interface TestSocket {
  readonly ws: WebSocket;
  /** All received frames, in order. */
  readonly frames: readonly Frame[];
  /** Resolves to the code and reason of the close. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(frame: unknown): void;
  /** Sends a call. Resolves to the first response with its id. */
  call(method: string, params?: unknown): Promise<Frame>;
  /** Sends a call. Resolves to the payload of its first response; rejects when the call fails. */
  request<T = Fields>(method: string, params?: unknown): Promise<T>;
  /** Resolves to the first frame that matches, among the received ones too. */
  waitForFrame(matches: (frame: Frame) => boolean): Promise<Frame>;
  /** Returns the payloads of the events with this name so far. */
  eventPayloads(event: string): readonly unknown[];
}

export const toWebSocketUrl = (url: string): string => url.replace(/^http/, "ws");

/** Opens a WebSocket without the `connect` handshake. */
export async function openTestSocket(url: string, options: ClientOptions = {}): Promise<TestSocket> {
  const ws = new WebSocket(toWebSocketUrl(url), { maxPayload: 64 * 1024 * 1024, ...options });
  const frames: Frame[] = [];
  const listeners = new Set<() => void>();
  let nextId = 0;
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.once("close", (code, reason) => {
      resolve({ code, reason: reason.toString() });
      for (const notify of listeners) notify();
    });
  });
  ws.on("message", (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as Frame);
    for (const notify of listeners) notify();
  });
  onTestFinished(() => ws.terminate());
  await once(ws, "open");
  ws.on("error", () => {});

  const waitForFrame = (matches: (frame: Frame) => boolean): Promise<Frame> =>
    new Promise((resolve, reject) => {
      const checkFrames = (): void => {
        const found = frames.find(matches);
        if (found === undefined && ws.readyState !== WebSocket.CLOSED) return;
        listeners.delete(checkFrames);
        if (found === undefined) reject(new Error("the socket was closed before the frame came"));
        else resolve(found);
      };
      listeners.add(checkFrames);
      checkFrames();
    });
  const call = (method: string, params: unknown = {}): Promise<Frame> => {
    const id = `${(nextId += 1)}`;
    ws.send(JSON.stringify({ type: "req", id, method, params }));
    return waitForFrame((each) => each.type === "res" && each.id === id);
  };
  return {
    ws,
    frames,
    closed,
    send: (value) => ws.send(typeof value === "string" ? value : JSON.stringify(value)),
    call,
    async request<T>(method: string, params?: unknown) {
      const { ok, payload, error } = await call(method, params);
      if (ok !== true) throw new Error(`${method}: ${error?.code} ${error?.message}`);
      return payload as T;
    },
    waitForFrame,
    eventPayloads: (event) => frames.filter((each) => each.event === event).map(({ payload }) => payload),
  };
}

export const createConnectParams = (overrides: Fields = {}): Fields => ({
  minProtocol: 4,
  maxProtocol: 4,
  client: { id: "test", version: "1.0.0", platform: "linux", mode: "test" },
  auth: { token },
  ...overrides,
});

/** Opens a WebSocket and connects, as the operator with all permissions by default. */
export async function connectTestSocket(
  gateway: Pick<TestGateway, "url">,
  overrides: Fields = {},
): Promise<TestSocket> {
  const socket = await openTestSocket(gateway.url);
  await socket.request("connect", createConnectParams({ scopes: ["operator.admin"], ...overrides }));
  return socket;
}

/** Resolves to the final response of a call. Some methods respond with `accepted` first. */
export function waitForFinalResponse(socket: TestSocket, id: string): Promise<Frame> {
  return socket.waitForFrame(
    (frame) =>
      frame.type === "res" &&
      frame.id === id &&
      (frame.payload as { status?: string } | undefined)?.status !== "accepted",
  );
}
