/** The processes of one gateway: its workers. They listen on one port, and each of them reports on all. */
import type { z } from "zod";
import type { UnreadyCode } from "../../contracts/http/health.ts";
import type { ProviderStatus } from "../../contracts/provider-status.ts";
import type { EventLoopState } from "./event-loop.ts";
import type { MetricFamily } from "./metric-family.ts";

/** The requests that the workers of a gateway respond to, and their responses. */
export interface WorkerResponses {
  /** The reasons to accept no requests. Empty: the worker is ready. */
  readonly readiness: readonly UnreadyCode[];
  readonly load: WorkerLoad;
  /** Since the last request. */
  readonly eventLoop: EventLoopState;
  readonly metrics: readonly MetricFamily[];
}

export interface WorkerLoad {
  /** Requests, calls and background work in flight. */
  readonly requests: number;
  /** Runs that have a slot. */
  readonly activeRuns: number;
  /** Runs that wait for a slot. */
  readonly waitingRuns: number;
  /** All runs that have not ended. */
  readonly runs: number;
  /** Connections of the gateway protocol. */
  readonly connections: number;
  readonly unhandledRejections: number;
  /** The providers that were called since the start. */
  readonly providers: readonly z.input<typeof ProviderStatus>[];
}

export type WorkerTopic = keyof WorkerResponses;
/** Does not reject. */
type Handler<Topic extends WorkerTopic> = () => WorkerResponses[Topic] | Promise<WorkerResponses[Topic]>;
export type WorkerHandlers = { [Topic in WorkerTopic]?: Handler<Topic> };

export interface Workers {
  readonly count: number;
  /** This process's part of a limit of the whole gateway. The parts are whole numbers, and all of them add up to it. */
  share(total: number): number;
  /** Sets the handler of this process. */
  handle<Topic extends WorkerTopic>(topic: Topic, handler: WorkerHandlers[Topic]): void;
  /** Resolves to the responses of all workers that respond within a second, or within four when the topic is `readiness`. */
  collect<Topic extends WorkerTopic>(topic: Topic): Promise<readonly WorkerResponses[Topic][]>;
}

/** Returns the part of the worker with this number, from 1. */
export const shareLimit = (total: number, number: number, count: number): number =>
  Math.floor(total / count) + (number <= total % count ? 1 : 0);

/** A gateway of one process. */
export function createSingleWorker(): Workers {
  const handlers: WorkerHandlers = {};
  return {
    count: 1,
    share: (total) => total,
    handle: (topic, handler) => void (handlers[topic] = handler),
    async collect(topic) {
      const response = await handlers[topic]?.();
      return response === undefined ? [] : [response];
    },
  };
}
