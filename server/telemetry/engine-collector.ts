/** Reads the gauges of runs, queues, providers and the store when the metrics are read. */
import { stat } from "node:fs/promises";
import type { Clock } from "../lib/ports.ts";
import type { Collector } from "./metrics.ts";
import type { Registry } from "./registry.ts";

interface EngineCollectorDeps {
  readonly running: { readonly count: () => number };
  readonly slots: { countActive(): number; countQueued(): number };
  readonly sessionLocks: { readonly count: () => { readonly active: number; readonly queued: number } };
  readonly cooldowns: {
    readonly list: () => readonly { readonly provider: string; readonly coolingDownUntil?: number }[];
  };
  readonly store: {
    readonly countSessions: () => Promise<number>;
    readonly nodes: { readonly listOthers: () => readonly unknown[] };
    readonly webhooks: { readonly count: () => Promise<number> };
  };
  /** Path of the database. */
  readonly sessionsFile: string;
  readonly clock: Clock;
}

const sessionCountMaxAgeMs = 60_000;

export function createEngineCollector(deps: EngineCollectorDeps): Collector {
  let countedAt = -Infinity;

  return async (registry) => {
    registry.set("openclaw_runs_active", [], deps.running.count());
    const { active, queued } = deps.sessionLocks.count();
    registry.set("openclaw_queue_lane_size", ["session"], queued);
    registry.set("openclaw_queue_lane_active", ["session"], active);
    registry.set("openclaw_queue_lane_size", ["runs"], deps.slots.countQueued());
    registry.set("openclaw_queue_lane_active", ["runs"], deps.slots.countActive());
    registry.set("openclaw_nodes", [], deps.store.nodes.listOthers().length + 1);
    const now = deps.clock();
    registry.clear("openclaw_provider_cooldown_seconds");
    for (const { provider, coolingDownUntil = now } of deps.cooldowns.list()) {
      const seconds = Math.max(0, coolingDownUntil - now) / 1_000;
      registry.set("openclaw_provider_cooldown_seconds", [provider], seconds);
    }
    registry.set("openclaw_webhook_queue_size", [], await deps.store.webhooks.count());
    await measureFiles(registry, deps.sessionsFile);
    if (now - countedAt < sessionCountMaxAgeMs) return;
    countedAt = now;
    registry.set("openclaw_sessions", [], await deps.store.countSessions());
  };
}

async function measureFiles(registry: Registry, sessionsFile: string): Promise<void> {
  const getSize = async (path: string): Promise<number> =>
    (await stat(path).catch(() => undefined))?.size ?? 0;
  registry.set("openclaw_store_bytes", ["database"], await getSize(sessionsFile));
  registry.set("openclaw_store_bytes", ["log"], await getSize(`${sessionsFile}-wal`));
}
