/** Reads the number of open WebSocket connections when the metrics are read. */
import type { Collector } from "./metrics.ts";

export const createConnectionCollector =
  (counts: Readonly<Record<"gateway" | "responses", () => number>>): Collector =>
  (registry) => {
    for (const [protocol, count] of Object.entries(counts))
      registry.set("openclaw_socket_connections", [protocol], count());
  };
