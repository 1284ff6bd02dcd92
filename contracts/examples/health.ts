/** Examples of GET /healthz and GET /readyz. */
import { examplesFor } from "../endpoint.ts";
import { getHealth, getReadiness } from "../http/health.ts";

export const health = examplesFor(getHealth, [
  { title: "Alive", request: {}, reply: { ok: true, status: "live" } },
]);

export const readiness = examplesFor(getReadiness, [
  { title: "Taking requests", request: {}, reply: { ready: true } },
]);
