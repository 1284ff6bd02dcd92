/** GET /healthz and /readyz. */
import { stat } from "node:fs/promises";
import type { ReplyOf } from "../../contracts/endpoint.ts";
import type { getHealth, getReadiness, getStartup, UnreadyCode } from "../../contracts/http/health.ts";
import { hasPermission } from "../../contracts/permissions.ts";
import type { Clock } from "../lib/ports.ts";
import type { Workers } from "../lib/workers.ts";
import type { NodeInfo } from "../agent/sessions/transactions.ts";
import { toVisibleStatus, type FileStatus } from "../transport/config-status.ts";
import { readEventLoop, readLoad } from "../transport/worker-load.ts";
import type { Handler, HandlerResult } from "./handler.ts";

interface HealthHandlers {
  readonly getHealth: Handler<typeof getHealth>;
  readonly getReadiness: Handler<typeof getReadiness>;
  readonly getStartup: Handler<typeof getStartup>;
}

interface HealthDeps {
  readonly workers: Workers;
  /** Path of the database. */
  readonly sessionsFile: string;
  readonly getDrainMs: () => number;
  /** This process. */
  readonly node: NodeInfo;
  readonly clock: Clock;
  readonly getConfigStatus: () => FileStatus;
}

const headers = { "cache-control": "no-store" } as const;

export function createHealthHandlers(deps: HealthDeps): HealthHandlers {
  return {
    getStartup: () => ({ reply: { ok: true, status: "started" }, headers }),
    getHealth: () => ({ reply: { ok: true, status: "live" }, headers }),
    async getReadiness({ credential }) {
      const { workers, node, clock } = deps;
      const codes = new Set((await workers.collect("readiness")).flat());
      const failing = reasonCodes.filter((code) => codes.has(code));
      const ready = failing.length === 0;
      if (credential === undefined || !hasPermission(credential.scopes, "read")) return toReply({ ready });
      const [load, eventLoop, bytes] = await Promise.all([
        readLoad(workers),
        readEventLoop(workers),
        getSize(deps.sessionsFile),
      ]);
      return toReply({
        ready,
        reasons: failing.map((code) => ({ code, message: reasonMessages[code] })),
        failing,
        version: node.version,
        node: { id: node.id, name: node.name },
        uptimeMs: Math.max(0, clock() - node.startedAt),
        drain: { active: codes.has("shutting_down"), requests: load.requests, maxMs: deps.getDrainMs() },
        runs: { active: load.activeRuns, waiting: load.waitingRuns },
        store: { writable: !codes.has("storage_unavailable"), bytes },
        eventLoop,
        providers: [...load.providers],
        config: toVisibleStatus(deps.getConfigStatus(), credential.scopes),
      });
    },
  };
}

function toReply(reply: ReplyOf<typeof getReadiness>): HandlerResult<typeof getReadiness> {
  return reply.ready ? { reply, headers } : { reply, status: 503, headers };
}

const getSize = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

const reasonMessages = {
  shutting_down: "The gateway is stopping.",
  server_overloaded: "Memory is full.",
  storage_unavailable: "The session store cannot be written.",
} as const satisfies Record<UnreadyCode, string>;
const reasonCodes = ["shutting_down", "server_overloaded", "storage_unavailable"] as const;
