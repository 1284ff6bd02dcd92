/** Examples of GET /healthz and GET /readyz. */
import { examplesFor } from "../endpoint.ts";
import { getHealth, getReadiness, getStartup } from "../http/health.ts";

const probeHeaders = { "cache-control": "no-store" } as const;

export const health = examplesFor(
  getHealth,
  [{ title: "Alive", request: {}, reply: { ok: true, status: "live" } }],
  probeHeaders,
);

export const readiness = examplesFor(
  getReadiness,
  [{ title: "Taking requests", request: {}, reply: { ready: true } }],
  probeHeaders,
);

export const startup = examplesFor(
  getStartup,
  [{ title: "Started", request: {}, reply: { ok: true, status: "started" } }],
  probeHeaders,
);
