/** The HTTP transport of protocol version 2024-11-05: a stream of events for answers, and a POST for each message. */
import { SSEClientTransport, type FetchLike } from "@modelcontextprotocol/client";
import { createHttpClient, type HttpServer } from "./http-transport.ts";
import type { McpTransport } from "./transport.ts";

export function createSseTransport(server: HttpServer): McpTransport {
  const client = createHttpClient(server);
  const ended = Promise.withResolvers<void>();
  let hasStream = false;
  /** The session ends with its stream. The SDK would open another one, in which no request gets its answer. */
  const fetchOnce: FetchLike = async (url, init = {}) => {
    if (init.method !== "POST") {
      if (hasStream) {
        ended.resolve();
        await sdkTransport.close();
      }
      hasStream = true;
    }
    return client.fetch(url, init);
  };
  // oxlint-disable-next-line typescript/no-deprecated -- Servers of this version exist.
  const sdkTransport = new SSEClientTransport(new URL(server.url), {
    requestInit: { headers: client.headers },
    redirectPolicy: "same-origin",
    fetch: fetchOnce,
  });
  return {
    sdkTransport,
    ended: ended.promise,
    getEndReason: () => undefined,
    isExpired: () => false,
    async close() {
      await sdkTransport.close().catch(() => {});
      await client.close();
    },
  };
}
