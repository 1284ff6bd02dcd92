/** Starts a web server on every loopback address of this machine. It records connections and requests. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { publicOnly, type FetchPolicy } from "../../../server/fetch/guarded-fetch.ts";
import type { ResolveName } from "../../../server/fetch/resolve-name.ts";

export interface WebRequest {
  /** The address that the connection was made to. */
  readonly address: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface WebServer {
  readonly port: number;
  /** The local addresses of all connections so far, with or without a request. */
  connections(): readonly string[];
  requests(): readonly WebRequest[];
}

/** The server closes when the test finishes. */
export async function startWebServer(handler: RequestListener): Promise<WebServer> {
  const connections: string[] = [];
  const requests: WebRequest[] = [];
  const server = createServer((request, response) => {
    const { url = "", headers, socket } = request;
    requests.push({ address: unmapIpv4(socket.localAddress), path: url, headers });
    handler(request, response);
  });
  server.on("connection", (socket) => connections.push(unmapIpv4(socket.localAddress)));
  server.listen(0, "::");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    requests: () => requests,
  };
}

const unmapIpv4 = (address = ""): string => address.replace(/^::ffff:/, "");

/** The production policy with any port, since tests listen on free ports. */
export const anyPort: FetchPolicy = { ...publicOnly, isAllowedPort: () => true };

/** Returns `anyPort` with one more address that counts as public. */
export const treatAsPublic = (address: string): FetchPolicy => ({
  isAllowedAddress: (other) => other === address || publicOnly.isAllowedAddress(other),
  isAllowedPort: () => true,
});

/** Creates a resolver that returns these results in order for every name. The last result repeats. */
export function createResolver(
  ...results: readonly (readonly string[])[]
): ResolveName & { names: string[] } {
  const remaining = [...results];
  const names: string[] = [];
  const resolve: ResolveName = (name) => {
    names.push(name);
    return Promise.resolve((remaining.length > 1 ? remaining.shift() : remaining[0]) ?? []);
  };
  return Object.assign(resolve, { names });
}
