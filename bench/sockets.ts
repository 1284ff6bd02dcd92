/** WebSockets that have connected and only listen: they count the words of agents that they are told. */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { Server } from "./servers.ts";

export interface Sockets {
  /** Pieces of text that all of them together were told. */
  count(): number;
  close(): void;
}

/** More at once would be more than may wait to be let in. */
const atOnce = 16;

export async function openSockets(
  { url, headers }: Pick<Server, "url" | "headers">,
  count: number,
): Promise<Sockets> {
  const address = new URL("/", url.replace(/^http/, "ws"));
  const token = headers["authorization"]?.replace("Bearer ", "");
  const sockets: WebSocket[] = [];
  let told = 0;
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(atOnce, count - sockets.length) }, () => open(address, token));
    sockets.push(...(await Promise.all(some)));
  }
  for (const socket of sockets) {
    socket.on("message", (data: Buffer) => {
      if (data.includes('"stream":"assistant"')) told += 1;
    });
  }
  return {
    count: () => told,
    close: () => {
      for (const socket of sockets) socket.terminate();
    },
  };
}

/** With a token it introduces itself as gateways want it; a bare server wants nothing. */
async function open(address: URL, token: string | undefined): Promise<WebSocket> {
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
  const [answer] = (await once(socket, "message")) as [Buffer];
  if (!answer.includes('"ok":true')) throw new Error(`${address.href}: ${answer.toString()}`);
  return socket;
}
