/** HTTP by hand, over a plain socket: for requests that no well-behaved client can be made to send. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface RawConnection {
  readonly socket: Socket;
  send(bytes: string | Uint8Array): void;
  /** Everything received so far. */
  received(): string;
  /** Resolves once `received()` holds the text; rejects when the connection ends without it. */
  until(text: string): Promise<void>;
  /** The next response with a `Content-Length`, without its body for HEAD; a 1xx counts as one. */
  response(method?: string): Promise<RawResponse>;
  readonly closed: Promise<void>;
}

/** Closed when the test has finished. */
export async function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  // A reset is what some of these requests are for; it shows as the end of the connection.
  socket.on("error", () => socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  let chunks: Buffer[] = [];
  const all = (): Buffer => {
    if (chunks.length > 1) chunks = [Buffer.concat(chunks)];
    return chunks[0] ?? Buffer.alloc(0);
  };
  let taken = 0;
  let wake = (): void => {};
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    wake();
  });
  socket.on("close", () => wake());

  async function found(text: string, from: number): Promise<number> {
    for (;;) {
      const at = all().indexOf(text, from);
      if (at >= 0) return at;
      await more(JSON.stringify(text));
    }
  }

  async function more(wanted: string): Promise<void> {
    if (socket.destroyed) throw new Error(`closed before ${wanted}; received: ${all().toString("latin1")}`);
    await new Promise<void>((resolve) => (wake = resolve));
  }

  return {
    socket,
    closed,
    send: (bytes) => void socket.write(bytes),
    received: () => all().toString("latin1"),
    until: async (text) => void (await found(text, 0)),
    response: async (method = "GET") => {
      const end = (await found("\r\n\r\n", taken)) + 4;
      const [statusLine = "", ...lines] = all()
        .toString("latin1", taken, end - 4)
        .split("\r\n");
      const headers = new Headers(
        lines.map((line): [string, string] => [
          line.slice(0, line.indexOf(":")),
          line.slice(line.indexOf(":") + 1).trim(),
        ]),
      );
      const length = method === "HEAD" ? 0 : Number(headers.get("content-length") ?? 0);
      while (all().length < end + length) await more(`${length} bytes of body`);
      taken = end + length;
      return {
        status: Number(statusLine.split(" ")[1]),
        headers,
        text: all().toString("utf8", end, taken),
      };
    },
  };
}

/** The request as it goes over the wire: `head` is the request line and the headers, a line each. */
export function rawRequest(head: readonly string[], body = ""): string {
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** Sends one request on a connection of its own. */
export async function sendRaw(url: string, head: readonly string[], body = ""): Promise<RawResponse> {
  const connection = await openRaw(url);
  connection.send(rawRequest(head, body));
  return connection.response(head[0]?.split(" ")[0]);
}
