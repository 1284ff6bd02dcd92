/** Creates and uses named keys. The operator creates them through the gateway WebSocket. */
import { token, type TestGateway } from "./gateway.ts";
import {
  connectTestSocket,
  createConnectParams,
  openTestSocket,
  type TestSocket,
} from "../sockets/socket.ts";

interface KeyOptions {
  readonly scopes?: readonly string[];
  readonly agents?: readonly string[];
  readonly expires?: string;
  readonly requestsPerMinute?: number;
}

type Reachable = Pick<TestGateway, "url">;

/** Calls a method as the operator. */
export async function callAsOperator<T = Record<string, unknown>>(
  gateway: Reachable,
  method: string,
  params: object = {},
): Promise<T> {
  const socket = await connectTestSocket(gateway);
  const payload = await socket.request<T>(method, params);
  socket.ws.close();
  return payload;
}

/** Creates a key and resolves to its secret. */
export async function createKey(gateway: Reachable, name: string, options: KeyOptions = {}): Promise<string> {
  const { secret } = await callAsOperator<{ secret: string }>(gateway, "keys.create", { name, ...options });
  return secret;
}

/** Sends a request with this secret. With a body it is a POST. */
export function request(
  { url }: Reachable,
  path: string,
  { secret = token, body, ...init }: Omit<RequestInit, "body"> & { secret?: string; body?: object } = {},
): Promise<Response> {
  const headers = {
    authorization: `Bearer ${secret}`,
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(init.headers as Record<string, string> | undefined),
  };
  return fetch(url + path, {
    ...init,
    headers,
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
  });
}

/** Opens a gateway WebSocket that is connected with this secret. */
export async function connectWithSecret(
  { url }: Reachable,
  secret: string,
  overrides: object = {},
): Promise<TestSocket> {
  const socket = await openTestSocket(url);
  await socket.request("connect", createConnectParams({ auth: { token: secret }, ...overrides }));
  return socket;
}
