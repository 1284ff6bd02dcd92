/** The HTTP transport of protocol version 2024-11-05: a stream of events for answers, and a POST for each message. */
import { SSEClientTransport } from "@modelcontextprotocol/client";
import { createHttpClient, type HttpServer } from "./http-transport.ts";
import type { McpTransport } from "./transport.ts";

export function createSseTransport(server: HttpServer): McpTransport {
  const { fetch, headers, close } = createHttpClient(server);
  const ended = Promise.withResolvers<void>();
  // oxlint-disable-next-line typescript/no-deprecated -- Servers of this version exist.
  const sdkTransport = new SSEClientTransport(new URL(server.url), {
    requestInit: { headers },
    redirectPolicy: "same-origin",
    fetch,
  });
  return {
    sdkTransport,
    ended: ended.promise,
    getEndReason: () => undefined,
    isExpired: () => false,
    async close() {
      await sdkTransport.close().catch(() => {});
      await close();
    },
  };
}
