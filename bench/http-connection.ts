/**
 * A keep-alive connection that sends prepared requests and reads the responses. It does much less than Node's own client,
 * so that on few cores the load takes little from the server under test.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface HttpResponse {
  readonly status: number;
  /** One character per byte. */
  readonly body: string;
}

export interface HttpConnection {
  /**
   * Sends one request; the next may follow when the response is complete.
   *
   * @param onBody gets each part of the body when it arrives
   */
  send(request: Buffer, onBody?: (text: string) => void): Promise<HttpResponse>;
  close(): void;
}

export interface Endpoint {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns the bytes of a POST request. */
export function encodeRequest({ url, headers }: Endpoint, body: string): Buffer {
  const { host, pathname } = new URL(url);
  const fields = { host, ...headers, "content-length": String(Buffer.byteLength(body)) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`POST ${pathname} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
}

/** Connects again when the server has closed the idle connection. */
export async function openConnection(url: string): Promise<HttpConnection> {
  let reader: ((data: string) => void) | undefined;
  let reject: (error: Error) => void = () => {};
  const openSocket = async (): Promise<Socket> => {
    const { hostname, port } = new URL(url);
    const opened = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(opened, "connect");
    opened.setEncoding("latin1");
    opened.on("data", (data: string) => reader?.(data));
    opened.on("error", (error) => reject(error));
    opened.on("close", () => reject(new Error(`${url}: the connection was closed`)));
    return opened;
  };
  let socket = await openSocket();
  return {
    async send(request, onBody) {
      if (!socket.writable || socket.readableEnded) socket = await openSocket();
      return await new Promise<HttpResponse>((resolve, fail) => {
        reject = fail;
        reader = createResponseReader(resolve, onBody);
        socket.write(request);
      });
    },
    close() {
      reject = () => {};
      socket.destroy();
    },
  };
}

function createResponseReader(
  resolve: (response: HttpResponse) => void,
  onBody?: (text: string) => void,
): (data: string) => void {
  let head = "";
  let status = 0;
  let body = "";
  let readBody: BodyReader | undefined;
  return (data) => {
    let rest = data;
    if (readBody === undefined) {
      head += data;
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      rest = head.slice(end + 4);
      status = Number(head.slice(9, 12));
      readBody = createBodyReader(head.slice(0, end));
    }
    const { text, isEnded } = readBody(rest);
    body += text;
    if (text !== "") onBody?.(text);
    if (isEnded) resolve({ status, body });
  };
}

type BodyReader = (data: string) => { readonly text: string; readonly isEnded: boolean };

function createBodyReader(head: string): BodyReader {
  const length = /^content-length: *(\d+)$/im.exec(head)?.[1];
  if (length === undefined) return createChunkedReader();
  let remaining = Number(length);
  return (text) => {
    remaining -= text.length;
    return { text, isEnded: remaining <= 0 };
  };
}

/** Decodes `Transfer-Encoding: chunked`. */
function createChunkedReader(): BodyReader {
  let buffered = "";
  return (data) => {
    buffered += data;
    let text = "";
    let position = 0;
    for (;;) {
      const sizeEnd = buffered.indexOf("\r\n", position);
      if (sizeEnd < 0) break;
      const size = Number.parseInt(buffered.slice(position, sizeEnd), 16);
      const end = sizeEnd + 2 + size;
      if (buffered.length < end + 2) break;
      if (size === 0) return { text, isEnded: true };
      text += buffered.slice(sizeEnd + 2, end);
      position = end + 2;
    }
    buffered = buffered.slice(position);
    return { text, isEnded: false };
  };
}
