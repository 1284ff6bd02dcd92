/** Opens WebSockets that only listen and count the text events of agents. */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { Server } from "./servers.ts";

export interface OpenSockets {
  /** The text events that all sockets received together. */
  receivedCount(): number;
  close(): void;
}

/** A larger batch would exceed the limit of connections that have not completed the handshake. */
const batchSize = 16;

export async function openSockets(
  { url, headers }: Pick<Server, "url" | "headers">,
  count: number,
): Promise<OpenSockets> {
  const address = new URL("/", url.replace(/^http/, "ws"));
  const token = headers["authorization"]?.replace("Bearer ", "");
  const sockets: WebSocket[] = [];
  let received = 0;
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(batchSize, count - sockets.length) }, () =>
      connectSocket(address, token),
    );
    sockets.push(...(await Promise.all(batch)));
  }
  for (const socket of sockets) {
    socket.on("message", (data: Buffer) => {
      if (data.includes('"stream":"assistant"')) received += 1;
    });
  }
  return {
    receivedCount: () => received,
    close: () => {
      for (const socket of sockets) socket.terminate();
    },
  };
}

/** With a token it sends the gateway's handshake. A bare server needs none. */
async function connectSocket(address: URL, token: string | undefined): Promise<WebSocket> {
  const socket = new WebSocket(address, { perMessageDeflate: false });
  if (token === undefined) {
    await once(socket, "open");
    return socket;
  }
  const params = {
    minProtocol: 4,
    maxProtocol: 4,
    client: { id: "bench", version: "1.0.0", platform: process.platform, mode: "bench" },
    auth: { token },
    scopes: ["operator.read"],
  };
  await once(socket, "message");
  socket.send(JSON.stringify({ type: "req", id: "1", method: "connect", params }));
  const [response] = (await once(socket, "message")) as [Buffer];
  if (!response.includes('"ok":true')) throw new Error(`${address.href}: ${response.toString()}`);
  return socket;
}
