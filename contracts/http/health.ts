/** GET /healthz and GET /readyz: liveness and readiness probes. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

export const getHealth = endpoint({
  id: "getHealth",
  method: "get",
  path: "/healthz",
  aliases: ["/health"],
  tag: "Health",
  summary: "Is the process alive?",
  description: "Returns 200 while the process is alive. Restart the process when this fails.",
  auth: "public",
  reply: z
    .object({
      ok: z.literal(true).describe("Always true."),
      status: z.literal("live").describe("Always `live`."),
    })
    .meta({ id: "Health", description: "The process is alive." }),
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
  reply: z
    .object({ ready: z.boolean().describe("True with 200, false with 503.") })
    .meta({ id: "Readiness", description: "Whether the gateway accepts requests." }),
  otherStatus: {
    status: 503,
    description: "The gateway is stopping, or its memory is full, and it accepts no requests.",
  },
  errors: [],
});
