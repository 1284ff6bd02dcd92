/**
 * Accepts connections at several sockets of one port. libuv accepts one connection of a socket in each turn of the event
 * loop, so with one socket a new connection waits behind all that came before it.
 */
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

const acceptors = 16;

interface ListenAddress {
  readonly port: number;
  readonly host: string;
}

interface ListenAddresses extends ListenAddress {
  /** Further addresses of this machine, with the same port. */
  readonly moreHosts: readonly string[];
  /** Whether this is a worker of node:cluster: its primary process accepts connections, and passes them on. */
  readonly isWorker: boolean;
}

export interface Acceptors {
  readonly address: AddressInfo;
  /** Stops accepting. Resolves when the connections of the additional sockets are closed. */
  close(): Promise<void>;
  /** Closes the connections of the additional sockets, also those that are no HTTP connections yet. */
  destroyConnections(): void;
}

/** Makes the server listen. Rejects with the system's error, such as EADDRINUSE. */
export async function listenAt(
  server: Server,
  { port, host, moreHosts, isWorker }: ListenAddresses,
): Promise<Acceptors> {
  // Elsewhere the system does not spread connections over the sockets, or knows no such option.
  const reusePort = process.platform === "linux" && !isWorker;
  if (reusePort) await requireFree({ port, host });
  await listenOnce(server, { port, host, reusePort });
  const address = server.address() as AddressInfo;
  const connections = new Set<Socket>();
  const hosts = [...Array.from({ length: reusePort ? acceptors - 1 : 0 }, () => host), ...moreHosts];
  const others = await Promise.all(
    hosts.map(async (each) => {
      const acceptor = createServer({ allowHalfOpen: true, noDelay: true }, (socket: Socket) => {
        connections.add(socket);
        socket.once("close", () => connections.delete(socket));
        server.emit("connection", socket);
      });
      await listenOnce(acceptor, { port: address.port, host: each, reusePort: reusePort && each === host });
      return acceptor;
    }),
  );
  return {
    address,
    close: async () => void (await Promise.all(others.map((each) => once(each.close(), "close")))),
    destroyConnections() {
      for (const socket of connections) socket.destroy();
    },
  };
}

/**
 * The sockets share the port with every process of the same user that asks for it, so the port must be free of others first.
 * The system itself chooses a free port for 0.
 */
async function requireFree({ port, host }: ListenAddress): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  await listenOnce(probe, { port, host });
  await once(probe.close(), "close");
}

function listenOnce(
  server: Server,
  options: ListenAddress & { readonly reusePort?: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
