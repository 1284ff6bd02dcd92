/** The processes of one gateway: its workers. They listen on one port, and what one says of the gateway holds for all. */
import type { z } from "zod";
import type { UnreadyCode } from "../../contracts/http/health.ts";
import type { ProviderStatus } from "../../contracts/provider-status.ts";
import type { EventLoopState } from "./event-loop.ts";
import type { MetricFamily } from "./metric-family.ts";

/** The questions that the workers of a gateway answer. */
export interface WorkerAnswers {
  /** Why it accepts no requests; empty when it does. */
  readonly readiness: readonly UnreadyCode[];
  readonly load: WorkerLoad;
  /** Since it was last asked. */
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

export type WorkerTopic = keyof WorkerAnswers;
/** Does not reject. */
type Reply<Topic extends WorkerTopic> = () => WorkerAnswers[Topic] | Promise<WorkerAnswers[Topic]>;
export type WorkerReplies = { [Topic in WorkerTopic]?: Reply<Topic> };

export interface Workers {
  readonly count: number;
  /** This process's part of a limit of the whole gateway. The parts are whole numbers, and all of them add up to it. */
  share(total: number): number;
  /** Sets what this process answers. */
  answer<Topic extends WorkerTopic>(topic: Topic, reply: WorkerReplies[Topic]): void;
  /** Resolves to the answers of all workers that answer within a second. */
  ask<Topic extends WorkerTopic>(topic: Topic): Promise<readonly WorkerAnswers[Topic][]>;
}

/** Returns the part of the worker with this number, from 1. */
export const shareLimit = (total: number, number: number, count: number): number =>
  Math.floor(total / count) + (number <= total % count ? 1 : 0);

/** A gateway of one process. */
export function createSingleWorker(): Workers {
  const replies: WorkerReplies = {};
  return {
    count: 1,
    share: (total) => total,
    answer: (topic, reply) => void (replies[topic] = reply),
    async ask(topic) {
      const answer = await replies[topic]?.();
      return answer === undefined ? [] : [answer];
    },
  };
}
