/** The gateway's socket as programs use it: typed calls and events, over connections that replace each other. */
import type { Retry } from "../retry.ts";
import { clientVersion } from "../version.ts";
import { createEventQueue, type EventQueue } from "./event-queue.ts";
import { openConnection, type WebSocketConstructor } from "./connection.ts";
import { startRun, type RunOptions, type RunParams, type SocketRun } from "./run.ts";
import { raceAbort, openReconnectingConnection } from "./reconnecting-connection.ts";
import type {
  AcceptedOf,
  ConnectParams,
  EventFrame,
  EventName,
  HelloOk,
  MethodName,
  ParamsOf,
  ResultOf,
  SocketEvents,
} from "./types.ts";

/** Events that did not come. What they told of is read anew: the state of things, not what was missed. */
export type EventGap =
  | { readonly reason: "reconnected" }
  | { readonly reason: "sequence"; readonly expected: number; readonly received: number };

export interface ConnectOptions {
  /** Who connects, for people who look; nothing of it grants a right. */
  readonly client?: Partial<ConnectParams["client"]> | undefined;
  /** Rights to ask for: `operator.read`, `operator.write`, `operator.admin`; the first two unless set. */
  readonly scopes?: readonly string[] | undefined;
  /** Used instead of the global `WebSocket`, which Node has from 22 on: for instance that of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /** How long a lost connection is tried to be replaced, in milliseconds: for ever unless set, 0 for not at all. */
  readonly reconnectMs?: number | undefined;
  /** Called when events were missed. A new connection has no subscriptions: subscribe again here. */
  readonly onGap?: ((gap: EventGap) => void) | undefined;
  /** Ends the attempt to connect; later `close` does. */
  readonly signal?: AbortSignal | undefined;
}

export interface SocketCallOptions<Name extends MethodName> {
  /** Aborting it rejects the call with the signal's reason; what was asked for is done nevertheless. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the first answer of a method that answers twice. */
  readonly onAccepted?: ((accepted: AcceptedOf<Name>) => void) | undefined;
}

export interface EventOptions {
  /** Events that may wait to be read before the loop fails with `events_missed`; 1000 unless set. */
  readonly limit?: number | undefined;
}

type CallArguments<Name extends MethodName> =
  Record<string, never> extends ParamsOf<Name>
    ? [params?: ParamsOf<Name>, options?: SocketCallOptions<Name>]
    : [params: ParamsOf<Name>, options?: SocketCallOptions<Name>];

export interface GatewaySocket {
  /** What the gateway said of itself on the present connection. */
  readonly hello: HelloOk;
  /**
   * Resolves to the final answer. While the line is down it waits for the next one; a call whose answer was still to
   * come rejects with `connection_lost`, since it may have been done.
   */
  call<Name extends MethodName>(method: Name, ...args: CallArguments<Name>): Promise<ResultOf<Name>>;
  /** Events from now on, also on later connections; leaving the loop ends it. It ends when the socket is closed. */
  events<Name extends EventName>(
    name: Name,
    options?: EventOptions,
  ): AsyncIterableIterator<SocketEvents[Name], undefined>;
  /** Asks an agent; the run is followed across lost connections. */
  run(params: RunParams, options?: RunOptions): SocketRun;
  /** For good. Runs that were begun go on. */
  close(): void;
}

interface SocketOptions extends ConnectOptions {
  readonly baseUrl: string;
  readonly token: string | undefined;
  readonly retry: Retry;
}

const defaultLimit = 1_000;

export async function connectSocket(options: SocketOptions): Promise<GatewaySocket> {
  const { baseUrl, retry, signal, reconnectMs = Infinity, onGap = () => {} } = options;
  const listeners = new Map<EventName, Set<(payload: never) => void>>();
  const queues = new Set<Pick<EventQueue<unknown>, "end">>();
  let seq = 0;

  /** By itself: what it throws is its own affair. */
  const reportGap = (gap: EventGap): void => queueMicrotask(() => onGap(gap));
  const onEvent = ({ event, payload, seq: received }: EventFrame): void => {
    if (received !== undefined) {
      const expected = seq + 1;
      seq = received;
      if (received !== expected) reportGap({ reason: "sequence", expected, received });
    }
    // An event carries what its contract says.
    for (const listener of listeners.get(event as EventName) ?? []) listener(payload as never);
  };
  const connection = await openReconnectingConnection({
    open() {
      seq = 0;
      const WebSocket = options.WebSocket ?? globalThis.WebSocket;
      return openConnection({
        url: toSocketUrl(baseUrl),
        WebSocket,
        connect: toConnectParams(options),
        onEvent,
      });
    },
    retry,
    signal,
    reconnectMs,
    onReconnected: () => reportGap({ reason: "reconnected" }),
    onEnd: (error) => {
      for (const queue of queues) queue.end(error);
    },
  });
  const { closedSignal } = connection;

  const call: GatewaySocket["call"] = async (method, ...[params, options = {}]) => {
    const stop =
      options.signal === undefined ? closedSignal : AbortSignal.any([options.signal, closedSignal]);
    const current = await raceAbort(connection.current(), stop);
    const onAccepted = (payload: unknown): void => options.onAccepted?.(payload as never);
    const pending = current.call(method, params ?? {}, onAccepted);
    try {
      return (await raceAbort(pending.answer, stop)) as ResultOf<typeof method>;
    } finally {
      pending.forget();
    }
  };
  const listen = <Name extends EventName>(
    name: Name,
    listener: (payload: SocketEvents[Name]) => void,
  ): (() => void) => {
    const set = listeners.get(name) ?? new Set();
    listeners.set(name, set.add(listener));
    return () => void set.delete(listener);
  };
  const events: GatewaySocket["events"] = (name, { limit = defaultLimit } = {}) => {
    const stopListening = listen(name, (payload) => queue.push(payload));
    const queue = createEventQueue<SocketEvents[typeof name]>(limit, () => {
      stopListening();
      queues.delete(queue);
    });
    queues.add(queue);
    if (closedSignal.aborted) queue.end();
    return queue.events;
  };
  const runDeps = { call, listen, hello: () => connection.hello, isClosed: () => closedSignal.aborted };
  return {
    get hello() {
      return connection.hello;
    },
    call,
    events,
    run: (params, options) => startRun(runDeps, params, options),
    close: connection.close,
  };
}

function toSocketUrl(baseUrl: string): string {
  const url = new URL(baseUrl);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

/** The secret goes into the first frame: an address is written into logs. */
function toConnectParams({ client, scopes, token }: SocketOptions): ConnectParams {
  return {
    minProtocol: 3,
    maxProtocol: 4,
    client: {
      id: "openclaw-gateway-client",
      version: clientVersion,
      platform: globalThis.navigator?.platform ?? "unknown",
      mode: "sdk",
      ...client,
    },
    ...(scopes === undefined ? {} : { scopes: [...scopes] }),
    ...(token === undefined ? {} : { auth: { token } }),
  };
}
