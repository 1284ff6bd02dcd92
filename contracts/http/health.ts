/** GET /healthz and GET /readyz, for whoever watches the process. They say no more than that. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

export const getHealth = endpoint({
  id: "getHealth",
  method: "get",
  path: "/healthz",
  aliases: ["/health"],
  tag: "Health",
  summary: "Is the process alive?",
  description: "Answers as long as the process does. Restart it when this fails.",
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
  summary: "Does it take requests?",
  description: "Send traffic while this is 200. It is 503 from the moment the gateway is told to stop.",
  auth: "public",
  reply: z
    .object({ ready: z.boolean().describe("True with 200, false with 503.") })
    .meta({ id: "Readiness", description: "Whether the gateway takes requests." }),
  otherStatus: { status: 503, description: "Starting or stopping: no requests now." },
  errors: [],
});
