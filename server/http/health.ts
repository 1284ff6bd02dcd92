/** GET /healthz and /readyz. */
import type { getHealth, getReadiness, getStartup } from "../../contracts/http/health.ts";
import { hasPermission } from "../../contracts/permissions.ts";
import type { ProviderState } from "../agent/cooldowns.ts";
import { toVisibleStatus, type FileStatus } from "../transport/config-status.ts";
import type { Handler } from "./handler.ts";

interface HealthHandlers {
  readonly getHealth: Handler<typeof getHealth>;
  readonly getReadiness: Handler<typeof getReadiness>;
  readonly getStartup: Handler<typeof getStartup>;
}

interface HealthDeps {
  readonly isStopping: () => boolean;
  readonly isMemoryExhausted: () => boolean;
  readonly isStoreWritable: () => Promise<boolean>;
  readonly listProviders: () => readonly ProviderState[];
  readonly getConfigStatus: () => FileStatus;
}

const headers = { "cache-control": "no-store" } as const;

export function createHealthHandlers(deps: HealthDeps): HealthHandlers {
  return {
    getStartup: () => ({ reply: { ok: true, status: "started" }, headers }),
    getHealth: () => ({ reply: { ok: true, status: "live" }, headers }),
    async getReadiness({ credential }) {
      const reasons = [
        ...(deps.isStopping() ? [reasonFor.stopping] : []),
        ...(deps.isMemoryExhausted() ? [reasonFor.memory] : []),
        ...((await deps.isStoreWritable()) ? [] : [reasonFor.store]),
      ];
      const ready = reasons.length === 0;
      const details =
        credential !== undefined && hasPermission(credential.scopes, "read")
          ? {
              reasons,
              providers: [...deps.listProviders()],
              config: toVisibleStatus(deps.getConfigStatus(), credential.scopes),
            }
          : {};
      const reply = { ready, ...details };
      return ready ? { reply, headers } : { reply, status: 503, headers };
    },
  };
}

/** With the error codes that requests get meanwhile. */
const reasonFor = {
  stopping: { code: "shutting_down", message: "The gateway is stopping." },
  memory: { code: "server_overloaded", message: "Memory is full." },
  store: { code: "storage_unavailable", message: "The session store cannot be written." },
} as const;
