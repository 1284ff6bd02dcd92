/** The load of one process, and the sum of the loads of several. */
import type { UnreadyCode } from "../../contracts/http/health.ts";
import { maxRecentFailures } from "../../contracts/provider-status.ts";
import { createEventLoopMeter, type EventLoopState } from "../lib/event-loop.ts";
import type { WorkerLoad, Workers } from "../lib/workers.ts";

interface LoadSources {
  readonly isStopping: () => boolean;
  readonly engine: {
    readonly memory: { readonly isExhausted: () => boolean };
    readonly store: { readonly isWritable: () => Promise<boolean> };
    readonly slots: { countActive(): number; countQueued(): number };
    readonly running: { readonly count: () => number };
    readonly listProviders: () => WorkerLoad["providers"];
  };
  readonly inFlight: { readonly list: () => readonly unknown[] };
  readonly countConnections: () => number;
  readonly getUnhandledRejections: () => number;
}

/** Handles the requests for the state of this process. Close it when the process stops. */
export function handleWorkerRequests(workers: Workers, sources: LoadSources): { close(): void } {
  const { engine, inFlight } = sources;
  workers.handle("readiness", async () => {
    const isWritable = await engine.store.isWritable();
    const codes: UnreadyCode[] = [];
    if (sources.isStopping()) codes.push("shutting_down");
    if (engine.memory.isExhausted()) codes.push("server_overloaded");
    if (!isWritable) codes.push("storage_unavailable");
    return codes;
  });
  workers.handle("load", () => ({
    requests: inFlight.list().length,
    activeRuns: engine.slots.countActive(),
    waitingRuns: engine.slots.countQueued(),
    runs: engine.running.count(),
    connections: sources.countConnections(),
    unhandledRejections: sources.getUnhandledRejections(),
    providers: engine.listProviders(),
  }));
  const eventLoop = createEventLoopMeter();
  workers.handle("eventLoop", eventLoop.read);
  return { close: eventLoop.close };
}

/** Resolves to the sums, and to the latest success and failure of each provider. */
export async function readLoad(workers: Workers): Promise<WorkerLoad> {
  const loads = await workers.collect("load");
  const sum = (read: (load: WorkerLoad) => number): number =>
    loads.reduce((total, load) => total + read(load), 0);
  return {
    requests: sum(({ requests }) => requests),
    activeRuns: sum(({ activeRuns }) => activeRuns),
    waitingRuns: sum(({ waitingRuns }) => waitingRuns),
    runs: sum(({ runs }) => runs),
    connections: sum(({ connections }) => connections),
    unhandledRejections: sum(({ unhandledRejections }) => unhandledRejections),
    providers: mergeProviders(loads.flatMap(({ providers }) => providers)),
  };
}

type Provider = WorkerLoad["providers"][number];

function mergeProviders(states: readonly Provider[]): readonly Provider[] {
  const merged = new Map<string, Provider>();
  for (const state of states) {
    const merging = merged.get(state.provider);
    merged.set(state.provider, merging === undefined ? state : mergeProvider(merging, state));
  }
  return [...merged.values()];
}

function mergeProvider(a: Provider, b: Provider): Provider {
  const lastSuccessAt = findLatest([a.lastSuccessAt, b.lastSuccessAt], (at) => at);
  const failures = [...(a.recentFailures ?? []), ...(b.recentFailures ?? [])]
    .toSorted((one, other) => other.at - one.at)
    .slice(0, maxRecentFailures);
  const coolingDownUntil = findLatest([a.coolingDownUntil, b.coolingDownUntil], (at) => at);
  return {
    provider: a.provider,
    ...(lastSuccessAt !== undefined && { lastSuccessAt }),
    ...(failures[0] !== undefined && { lastFailure: failures[0], recentFailures: failures }),
    ...(coolingDownUntil !== undefined && { coolingDownUntil }),
  };
}

function findLatest<T>(values: readonly (T | undefined)[], getTime: (value: T) => number): T | undefined {
  return values.filter((value) => value !== undefined).toSorted((a, b) => getTime(b) - getTime(a))[0];
}

/** Resolves to the highest value of all workers. */
export async function readEventLoop(workers: Workers): Promise<EventLoopState> {
  const states = await workers.collect("eventLoop");
  const max = (read: (state: EventLoopState) => number): number => Math.max(0, ...states.map(read));
  return {
    utilization: max(({ utilization }) => utilization),
    delayP99Ms: max(({ delayP99Ms }) => delayP99Ms),
    delayMaxMs: max(({ delayMaxMs }) => delayMaxMs),
  };
}
