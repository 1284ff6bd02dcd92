/** Collects the responses of all workers of a gateway for one of them. Metrics are added up. */
import type { MetricFamily } from "../../server/lib/metric-family.ts";
import type { WorkerTopic } from "../../server/lib/workers.ts";
import { createWorkerTotals } from "../../server/telemetry/worker-totals.ts";
import type { ForkedWorker } from "./fork-worker.ts";
import type { WorkerMessage } from "./messages.ts";

export interface ResponseCollector {
  /** Call it when a worker has started: it can respond from now on. */
  add(worker: ForkedWorker): void;
  /** Sends a request to all workers, and their responses to `requester`. */
  collect(requester: ForkedWorker, request: { readonly id: number; readonly topic: WorkerTopic }): void;
  addResponse(worker: ForkedWorker, message: Extract<WorkerMessage, { readonly type: "response" }>): void;
  /** Call it when a worker has ended. */
  remove(worker: ForkedWorker): void;
}

interface PendingRequest {
  /** The workers that have not responded. */
  readonly remaining: Set<ForkedWorker>;
  readonly responses: unknown[];
  readonly finish: () => void;
}

/**
 * Milliseconds after which the responses are sent without those that are missing: the event loop of a worker may be busy. A
 * readiness check takes two seconds when the database does not respond.
 */
const maxWaitMs: Readonly<Record<WorkerTopic, number>> = {
  readiness: 4_000,
  load: 1_000,
  eventLoop: 1_000,
  metrics: 1_000,
};

export function createResponseCollector(): ResponseCollector {
  const workers = new Set<ForkedWorker>();
  const totals = createWorkerTotals();
  const pendingRequests = new Map<number, PendingRequest>();
  let lastId = 0;
  let exits = 0;
  const countExits = (): MetricFamily => ({
    name: "openclaw_gateway_worker_exits_total",
    series: [{ labels: [], value: exits, counts: [] }],
  });
  const settle = ({ remaining, finish }: PendingRequest, worker: ForkedWorker): void => {
    if (remaining.delete(worker) && remaining.size === 0) finish();
  };

  return {
    add: (worker) => void workers.add(worker),
    collect(requester, { id, topic }) {
      const ownId = (lastId += 1);
      const responses: unknown[] = [];
      const finish = (): void => {
        clearTimeout(timer);
        pendingRequests.delete(ownId);
        // The totals have the earlier metrics of a worker that did not respond.
        const all = topic === "metrics" ? [totals.sum(), [countExits()]] : responses;
        requester.send({ type: "responses", id, responses: all });
      };
      const timer = setTimeout(finish, maxWaitMs[topic]);
      pendingRequests.set(ownId, { remaining: new Set(workers), responses, finish });
      for (const worker of workers) worker.send({ type: "request", id: ownId, topic });
    },
    addResponse(worker, message) {
      const request = pendingRequests.get(message.id);
      if (request === undefined || !request.remaining.has(worker)) return;
      if (message.topic === "metrics") totals.update(worker, message.response);
      request.responses.push(message.response);
      settle(request, worker);
    },
    remove(worker) {
      exits += 1;
      workers.delete(worker);
      totals.retire(worker);
      for (const request of pendingRequests.values()) settle(request, worker);
    },
  };
}
