/** Sends a request on its own connection, for callers that do not read or that disconnect. */
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { headers } from "./gateway.ts";

export interface Connection {
  /** Resolves when the response headers arrive. The body is not read. */
  readonly response: Promise<IncomingMessage>;
  /** Closes the connection. */
  close(): void;
}

export function post(url: string, path: string, body: string): Connection {
  const clientRequest = request(`${url}${path}`, { method: "POST", headers, agent: false });
  // The scenario observes the end of the connection, not the error.
  clientRequest.on("error", () => {});
  clientRequest.end(body);
  const response = once(clientRequest, "response").then(([response]) => {
    const incoming = response as IncomingMessage;
    incoming.on("error", () => {});
    return incoming;
  });
  response.catch(() => {});
  return { response, close: () => clientRequest.destroy() };
}
