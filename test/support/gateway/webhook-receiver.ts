/** A server that receives webhook events, keeps them, and answers as the test says. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { once } from "node:events";
import { onTestFinished } from "vitest";

export const webhookSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
export const otherWebhookSecret = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY=";

export interface ReceivedEvent {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: { readonly type: string; readonly data: { readonly id: string } };
}

export interface WebhookReceiver {
  readonly url: string;
  /** Every attempt, in order. */
  readonly received: readonly ReceivedEvent[];
  /** Resolves when nothing listens any more. */
  close(): Promise<void>;
}

/** @param answer answers the attempt with this number, from 1; by default with 204 */
export async function startWebhookReceiver({
  answer = (response) => void response.writeHead(204).end(),
  port = 0,
}: {
  readonly answer?: (response: ServerResponse, attempt: number) => void;
  readonly port?: number;
} = {}): Promise<WebhookReceiver> {
  const received: ReceivedEvent[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      received.push({ headers: request.headers, body, event: JSON.parse(body) as ReceivedEvent["event"] });
      answer(response, received.length);
    });
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await once(server.close(), "close");
  };
  onTestFinished(close);
  const address = server.address();
  const usedPort = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${usedPort}/events`, received, close };
}
