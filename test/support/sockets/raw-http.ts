/** Sends raw HTTP over a TCP socket, for requests that HTTP clients cannot send. */
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
  /** Returns all received bytes so far, as Latin-1. */
  received(): string;
  /** Resolves when `received()` contains the text. Rejects when the connection ends without it. */
  waitForText(text: string): Promise<void>;
  /** Resolves to the next response with a `Content-Length`, without a body for HEAD. A 1xx counts as a response. */
  readResponse(method?: string): Promise<RawResponse>;
  readonly closed: Promise<void>;
}

/** The connection closes when the test finishes. */
export async function openRawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  // Some requests cause a reset. It is handled as the end of the connection.
  socket.on("error", () => socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  let chunks: Buffer[] = [];
  const receivedBytes = (): Buffer => {
    if (chunks.length > 1) chunks = [Buffer.concat(chunks)];
    return chunks[0] ?? Buffer.alloc(0);
  };
  let offset = 0;
  let wake = (): void => {};
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    wake();
  });
  socket.on("close", () => wake());

  async function findText(text: string, from: number): Promise<number> {
    for (;;) {
      const position = receivedBytes().indexOf(text, from);
      if (position >= 0) return position;
      await waitForData(JSON.stringify(text));
    }
  }

  async function waitForData(expected: string): Promise<void> {
    if (socket.destroyed)
      throw new Error(`closed before ${expected}; received: ${receivedBytes().toString("latin1")}`);
    await new Promise<void>((resolve) => (wake = resolve));
  }

  return {
    socket,
    closed,
    send: (bytes) => void socket.write(bytes),
    received: () => receivedBytes().toString("latin1"),
    waitForText: async (text) => void (await findText(text, 0)),
    readResponse: async (method = "GET") => {
      const end = (await findText("\r\n\r\n", offset)) + 4;
      const [statusLine = "", ...lines] = receivedBytes()
        .toString("latin1", offset, end - 4)
        .split("\r\n");
      const headers = new Headers(
        lines.map((line): [string, string] => [
          line.slice(0, line.indexOf(":")),
          line.slice(line.indexOf(":") + 1).trim(),
        ]),
      );
      const length = method === "HEAD" ? 0 : Number(headers.get("content-length") ?? 0);
      while (receivedBytes().length < end + length) await waitForData(`${length} bytes of body`);
      offset = end + length;
      return {
        status: Number(statusLine.split(" ")[1]),
        headers,
        text: receivedBytes().toString("utf8", end, offset),
      };
    },
  };
}

/** Formats a request. `head` is the request line and the headers, one per line. */
export function formatRequest(head: readonly string[], body = ""): string {
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** Sends one request on its own connection. */
export async function sendRawRequest(url: string, head: readonly string[], body = ""): Promise<RawResponse> {
  const connection = await openRawConnection(url);
  connection.send(formatRequest(head, body));
  return connection.readResponse(head[0]?.split(" ")[0]);
}
