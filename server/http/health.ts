/** GET /healthz and /readyz. */
import { stat } from "node:fs/promises";
import type { getHealth, getReadiness, getStartup } from "../../contracts/http/health.ts";
import { hasPermission } from "../../contracts/permissions.ts";
import type { EventLoopState } from "../lib/event-loop.ts";
import type { Clock } from "../lib/ports.ts";
import type { NodeInfo } from "../agent/sessions/transactions.ts";
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
  /** Path of the database. */
  readonly sessionsFile: string;
  readonly slots: { countActive(): number; countQueued(): number };
  readonly countRequests: () => number;
  readonly getDrainMs: () => number;
  readonly readEventLoop: () => EventLoopState;
  /** This process. */
  readonly node: NodeInfo;
  readonly clock: Clock;
  readonly listProviders: () => readonly ProviderState[];
  readonly getConfigStatus: () => FileStatus;
}

const headers = { "cache-control": "no-store" } as const;

export function createHealthHandlers(deps: HealthDeps): HealthHandlers {
  return {
    getStartup: () => ({ reply: { ok: true, status: "started" }, headers }),
    getHealth: () => ({ reply: { ok: true, status: "live" }, headers }),
    async getReadiness({ credential }) {
      const isWritable = await deps.isStoreWritable();
      const reasons = [
        ...(deps.isStopping() ? [reasonFor.stopping] : []),
        ...(deps.isMemoryExhausted() ? [reasonFor.memory] : []),
        ...(isWritable ? [] : [reasonFor.store]),
      ];
      const ready = reasons.length === 0;
      const details =
        credential !== undefined && hasPermission(credential.scopes, "read")
          ? {
              reasons,
              failing: reasons.map(({ code }) => code),
              version: deps.node.version,
              node: { id: deps.node.id, name: deps.node.name },
              uptimeMs: Math.max(0, deps.clock() - deps.node.startedAt),
              drain: { active: deps.isStopping(), requests: deps.countRequests(), maxMs: deps.getDrainMs() },
              runs: { active: deps.slots.countActive(), waiting: deps.slots.countQueued() },
              store: { writable: isWritable, bytes: await getSize(deps.sessionsFile) },
              eventLoop: deps.readEventLoop(),
              providers: [...deps.listProviders()],
              config: toVisibleStatus(deps.getConfigStatus(), credential.scopes),
            }
          : {};
      const reply = { ready, ...details };
      return ready ? { reply, headers } : { reply, status: 503, headers };
    },
  };
}

const getSize = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

/** With the error codes that requests get meanwhile. */
const reasonFor = {
  stopping: { code: "shutting_down", message: "The gateway is stopping." },
  memory: { code: "server_overloaded", message: "Memory is full." },
  store: { code: "storage_unavailable", message: "The session store cannot be written." },
} as const;
