/** Starts a TCP proxy to a server whose connections can be dropped. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface TcpProxy {
  readonly url: string;
  /** Drops the open connections. New ones are accepted. */
  dropConnections(): void;
}

/** The proxy stops when the test finishes. */
export async function startTcpProxy(url: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const pipeSockets = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.pipe(to);
    // Dropping one side may reset the other.
    from.on("error", () => from.destroy());
    from.once("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer((downstream) => {
    const upstream = connect(Number(port), hostname);
    pipeSockets(downstream, upstream);
    pipeSockets(upstream, downstream);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const dropConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    server.close();
    dropConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, dropConnections };
}
