/** The gateway's WebSocket alone, for small bundles. */
import { resolveOptions, type ClientOptions } from "./client-options.ts";
import { connectSocket, type ConnectOptions, type GatewaySocket } from "./socket/gateway-socket.ts";

export type {
  ConnectOptions,
  EventGap,
  EventOptions,
  GatewaySocket,
  SocketCallOptions,
} from "./socket/gateway-socket.ts";
export type { RunOptions, RunParams, SocketRun } from "./socket/run.ts";
export type { WebSocketConstructor, WebSocketLike } from "./socket/connection.ts";
export type { AgentEvent, HelloOk, RunResult } from "./socket/types.ts";
export type { SocketEvents, SocketMethods } from "./generated/socket.ts";

/** Opens a WebSocket for calls, events and runs. It reconnects until it is closed. */
export function connect(options: ClientOptions & ConnectOptions = {}): Promise<GatewaySocket> {
  return connectSocket(resolveOptions(options), options);
}
