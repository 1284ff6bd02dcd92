/** GET /healthz and GET /readyz: liveness and readiness probes. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

const Health = z
  .object({
    ok: z.literal(true).describe("Always true."),
    status: z.literal("live").describe("Always `live`."),
  })
  .meta({ id: "Health", description: "The process is alive." });

const Readiness = z
  .object({ ready: z.boolean().describe("True with 200, false with 503.") })
  .meta({ id: "Readiness", description: "Whether the gateway accepts requests." });

const ProbeHeaders = z.object({
  "cache-control": z.literal("no-store").describe("Always `no-store`: a stored answer says nothing."),
});

export const getHealth = endpoint({
  id: "getHealth",
  method: "get",
  path: "/healthz",
  aliases: ["/health"],
  tag: "Health",
  summary: "Is the process alive?",
  description: "Returns 200 while the process is alive. Restart the process when this fails.",
  auth: "public",
  responses: { 200: Health },
  replyHeaders: ProbeHeaders,
  errors: [],
});

export const getReadiness = endpoint({
  id: "getReadiness",
  method: "get",
  path: "/readyz",
  aliases: ["/ready"],
  tag: "Health",
  summary: "Does the gateway accept requests?",
  description:
    "Send traffic while this is 200. It is 503 once the gateway begins to stop, and while its memory has been full for five seconds.",
  auth: "public",
  responses: {
    200: Readiness,
    503: {
      description: "The gateway is stopping, or its memory is full, and it accepts no requests.",
      body: Readiness,
    },
  },
  replyHeaders: ProbeHeaders,
  errors: [],
});
