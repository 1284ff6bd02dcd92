/** Named keys for tests: made, as the operator makes them, through the socket. */
import { token, type TestGateway } from "./gateway.ts";
import { connect, connectParams, openSocket, type TestSocket } from "./socket.ts";

interface Asked {
  readonly scopes?: readonly string[];
  readonly agents?: readonly string[];
  readonly expires?: string;
  readonly requestsPerMinute?: number;
}

type Reachable = Pick<TestGateway, "url">;

/** Calls a method as the operator. */
export async function manage<T = Record<string, unknown>>(
  gateway: Reachable,
  method: string,
  params: object = {},
): Promise<T> {
  const socket = await connect(gateway);
  const answer = await socket.ask<T>(method, params);
  socket.ws.close();
  return answer;
}

/** Makes a key; its secret. */
export async function makeKey(gateway: Reachable, name: string, asked: Asked = {}): Promise<string> {
  const { secret } = await manage<{ secret: string }>(gateway, "keys.create", { name, ...asked });
  return secret;
}

/** A request with this secret; with a body it is a POST. */
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

/** A socket that is connected with this secret. */
export async function connectWith(
  { url }: Reachable,
  secret: string,
  more: object = {},
): Promise<TestSocket> {
  const socket = await openSocket(url);
  await socket.ask("connect", connectParams({ auth: { token: secret }, ...more }));
  return socket;
}
