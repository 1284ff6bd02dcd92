/** A web server on every loopback address of this machine, which remembers who was asked for what. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { publicOnly, type FetchPolicy } from "../../server/fetch/guarded-fetch.ts";
import type { ResolveName } from "../../server/fetch/resolve-name.ts";

export interface Visit {
  /** The address that the connection was made to. */
  readonly to: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Web {
  readonly port: number;
  /** Connections so far, whether or not they asked for anything. */
  connections(): readonly string[];
  visits(): readonly Visit[];
}

/** Closed when the test has finished. */
export async function startWeb(answer: RequestListener): Promise<Web> {
  const connections: string[] = [];
  const visits: Visit[] = [];
  const server = createServer((request, response) => {
    const { url = "", headers, socket } = request;
    visits.push({ to: plain(socket.localAddress), path: url, headers });
    answer(request, response);
  });
  server.on("connection", (socket) => connections.push(plain(socket.localAddress)));
  server.listen(0, "::");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    visits: () => visits,
  };
}

const plain = (address = ""): string => address.replace(/^::ffff:/, "");

/** The real rules, but for any port: tests listen wherever there is room. */
export const anyPort: FetchPolicy = { ...publicOnly, port: () => true };

/** As `anyPort`, and this one address of the machine counts as public. */
export const asPublic = (address: string): FetchPolicy => ({
  address: (other) => other === address || publicOnly.address(other),
  port: () => true,
});

/** Every name leads to these addresses; the last answer is given again and again. */
export function namesAt(...answers: readonly (readonly string[])[]): ResolveName & { asked: string[] } {
  const left = [...answers];
  const asked: string[] = [];
  const resolve: ResolveName = (name) => {
    asked.push(name);
    return Promise.resolve((left.length > 1 ? left.shift() : left[0]) ?? []);
  };
  return Object.assign(resolve, { asked });
}
