/** A plain client of the WebSocket on /v1/responses. It sends requests and collects their events. */
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { WebSocket, type ClientOptions } from "ws";
import { token } from "../gateway/gateway.ts";
import { toWebSocketUrl } from "./socket.ts";

export interface SocketEvent {
  readonly type: string;
  readonly sequence_number?: number;
  readonly status?: number;
  readonly error?: { readonly code: string; readonly message: string; readonly param: string | null };
  readonly response?: { readonly id: string; readonly status: string; readonly output: readonly unknown[] };
  readonly delta?: string;
  readonly stream_id?: string;
}

export interface ResponsesWebSocketClient {
  readonly ws: WebSocket;
  /** All received events, in order. */
  readonly events: readonly SocketEvent[];
  /** Resolves to the code and reason of the close. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Sends a `response.create`. */
  create(body: object): void;
  /** Sends a `response.create`. Resolves to its events when it ends. */
  createAndWait(body: object): Promise<readonly SocketEvent[]>;
  /** Resolves to the next event that matches, after the last event that this method returned. */
  waitForEvent(matches: (event: SocketEvent) => boolean): Promise<SocketEvent>;
}

/** Tells whether an event ends a request. */
function isTerminal({ type, sequence_number }: SocketEvent): boolean {
  return (
    /^response\.(completed|incomplete|failed)$/.test(type) ||
    (type === "error" && sequence_number === undefined)
  );
}

export async function openResponsesWebSocket(
  url: string,
  options: ClientOptions = {},
): Promise<ResponsesWebSocketClient> {
  const ws = new WebSocket(`${toWebSocketUrl(url)}/v1/responses`, {
    headers: { authorization: `Bearer ${token}` },
    ...options,
  });
  const events: SocketEvent[] = [];
  let notify = (): void => {};
  let nextIndex = 0;
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.once("close", (code, reason) => {
      resolve({ code, reason: reason.toString() });
      notify();
    });
  });
  ws.on("message", (data: Buffer) => {
    events.push(JSON.parse(data.toString()) as SocketEvent);
    notify();
  });
  onTestFinished(() => ws.terminate());
  await once(ws, "open");
  ws.on("error", () => {});

  const create = (body: object): void => ws.send(JSON.stringify({ type: "response.create", ...body }));
  const waitForEvent: ResponsesWebSocketClient["waitForEvent"] = async (matches) => {
    for (;;) {
      while (nextIndex < events.length) {
        const event = events[nextIndex++];
        if (event !== undefined && matches(event)) return event;
      }
      if (ws.readyState === WebSocket.CLOSED) throw new Error("the socket was closed before the event came");
      await new Promise<void>((resolve) => (notify = resolve));
    }
  };
  return {
    ws,
    events,
    closed,
    create,
    async createAndWait(body) {
      const from = events.length;
      create(body);
      await waitForEvent(isTerminal);
      return events.slice(from);
    },
    waitForEvent,
  };
}
