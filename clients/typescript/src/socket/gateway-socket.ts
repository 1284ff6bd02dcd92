/** The public socket: typed calls, events and runs over a connection that is replaced when it is lost. */
import type { ResolvedOptions } from "../client-options.ts";
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

/** Reports missed events. Missed events are not sent again: read the current state instead. */
export type EventGap =
  | { readonly reason: "reconnected" }
  | { readonly reason: "sequence"; readonly expected: number; readonly received: number };

export interface ConnectOptions {
  /** Describes the client in the presence list. It grants no permission. */
  readonly client?: Partial<ConnectParams["client"]> | undefined;
  /** Requested scopes: `operator.read`, `operator.write`, `operator.admin`, `run`, `tools`, `metrics`. Default: the first two. */
  readonly scopes?: readonly string[] | undefined;
  /** A code of `auth.code`, sent once instead of the token. Later connections send the secret that it stands for. */
  readonly code?: string | undefined;
  /** Replaces the global `WebSocket`, for example with that of the package `ws`. Node has a global one from version 22. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /** Time limit for reconnecting, in milliseconds. Default: no limit. 0 disables reconnecting. */
  readonly reconnectMs?: number | undefined;
  /**
   * Capabilities of the client. With `text-deltas`, a text event carries only `delta` once the connection has had the text
   * before it.
   */
  readonly caps?: readonly string[] | undefined;
  /** Called when the connection is lost, before the attempts to replace it. */
  readonly onDisconnect?: ((error: unknown) => void) | undefined;
  /** Called when events may have been missed. A new connection has no subscriptions: subscribe again here. */
  readonly onGap?: ((gap: EventGap) => void) | undefined;
  /** Aborts the first connection attempt. After that, use `close`. */
  readonly signal?: AbortSignal | undefined;
}

export interface SocketCallOptions<Name extends MethodName> {
  /** Rejects the call with the reason of the signal. The gateway still executes the call. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the first result of a method that has two, such as `agent`. */
  readonly onAccepted?: ((accepted: AcceptedOf<Name>) => void) | undefined;
}

export interface EventOptions {
  /** Maximum number of unread events. The loop throws `events_missed` when it is exceeded. Default: 1000. */
  readonly limit?: number | undefined;
}

type CallArguments<Name extends MethodName> =
  Record<string, never> extends ParamsOf<Name>
    ? [params?: ParamsOf<Name>, options?: SocketCallOptions<Name>]
    : [params: ParamsOf<Name>, options?: SocketCallOptions<Name>];

export interface GatewaySocket {
  /** The hello result of the current connection. */
  readonly hello: HelloOk;
  /**
   * Calls a method and resolves to its final result. While there is no connection, the call waits for the next one. A
   * call that was already sent rejects with `connection_lost`; the gateway may have executed it.
   */
  call<Name extends MethodName>(method: Name, ...args: CallArguments<Name>): Promise<ResultOf<Name>>;
  /** Yields events from now on, also from later connections. Ends when the socket is closed or the loop is left. */
  events<Name extends EventName>(
    name: Name,
    options?: EventOptions,
  ): AsyncIterableIterator<SocketEvents[Name], undefined>;
  /** Starts a run of an agent and follows it across lost connections. */
  run(params: RunParams, options?: RunOptions): SocketRun;
  /** Closes the socket without reconnecting. Started runs continue. */
  close(): void;
}

const defaultLimit = 1_000;

export async function connectSocket(
  { baseUrl, token, maxRetries, hooks }: ResolvedOptions,
  options: ConnectOptions,
): Promise<GatewaySocket> {
  const { signal, reconnectMs = Infinity, onGap = () => {} } = options;
  const url = toSocketUrl(baseUrl);
  const listeners = new Map<EventName, Set<(payload: never) => void>>();
  const queues = new Set<Pick<EventQueue<unknown>, "end">>();
  let auth: ConnectParams["auth"] =
    options.code !== undefined ? { code: options.code } : token === undefined ? undefined : { token };
  let seq = 0;

  /** In a microtask, so that an error of the callback does not affect the socket. */
  const reportGap = (gap: EventGap): void => queueMicrotask(() => onGap(gap));
  const onEvent = ({ event, payload, seq: received }: EventFrame): void => {
    if (received !== undefined) {
      const expected = seq + 1;
      seq = received;
      if (received !== expected) reportGap({ reason: "sequence", expected, received });
    }
    // The gateway sends the payload that the contract defines.
    for (const listener of listeners.get(event as EventName) ?? []) listener(payload as never);
  };
  const connection = await openReconnectingConnection({
    async open() {
      seq = 0;
      const WebSocket = options.WebSocket ?? globalThis.WebSocket;
      const connect = toConnectParams(options, auth);
      const opened = await openConnection({ url, WebSocket, connect, onEvent });
      // Gateways of earlier versions send no `auth`.
      const { secret } = (opened.hello.auth as Partial<typeof opened.hello>["auth"]) ?? {};
      if (secret !== undefined) auth = { token: secret };
      return opened;
    },
    maxRetries,
    onRetry: (attempt, error, waitMs) => hooks.onRetry?.({ method: "GET", url, attempt, error, waitMs }),
    signal,
    reconnectMs,
    onDisconnect: (error) => queueMicrotask(() => options.onDisconnect?.(error)),
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

/** The secret is sent in the first frame, not in the URL: URLs appear in logs. */
function toConnectParams(
  { client, scopes, caps }: ConnectOptions,
  auth: ConnectParams["auth"],
): ConnectParams {
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
    ...(caps === undefined ? {} : { caps: [...caps] }),
    ...(auth === undefined ? {} : { auth }),
  };
}
