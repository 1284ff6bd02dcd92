/** GET /healthz and /readyz. */
import type { getHealth, getReadiness } from "../../contracts/http/health.ts";
import type { Handler } from "./handler.ts";

interface HealthHandlers {
  readonly getHealth: Handler<typeof getHealth>;
  readonly getReadiness: Handler<typeof getReadiness>;
}

const headers = { "cache-control": "no-store" } as const;

export function createHealthHandlers(isReady: () => boolean): HealthHandlers {
  return {
    getHealth: () => ({ reply: { ok: true, status: "live" }, headers }),
    getReadiness: () =>
      isReady() ? { reply: { ready: true }, headers } : { reply: { ready: false }, status: 503, headers },
  };
}
