/** Asks all workers of a gateway for one of them, and adds up what they have counted. */
import type { MetricFamily } from "../../server/lib/metric-family.ts";
import type { WorkerTopic } from "../../server/lib/workers.ts";
import { createWorkerTotals } from "../../server/telemetry/worker-totals.ts";
import type { ForkedWorker } from "./fork-worker.ts";
import type { WorkerMessage } from "./messages.ts";

export interface Gathering {
  /** Call it when a worker has started: it can answer from now on. */
  add(worker: ForkedWorker): void;
  /** Sends the answers of all workers to the one that asks. */
  ask(asking: ForkedWorker, question: { readonly id: number; readonly topic: WorkerTopic }): void;
  addAnswer(from: ForkedWorker, answer: Extract<WorkerMessage, { readonly type: "answer" }>): void;
  /** Call it when a worker has ended. */
  forget(worker: ForkedWorker): void;
}

interface Question {
  readonly waiting: Set<ForkedWorker>;
  readonly answers: unknown[];
  readonly finish: () => void;
}

/** A worker that does not answer in time, because it is at work, is left out. */
const maxWaitMs = 1_000;

export function createGathering(): Gathering {
  const workers = new Set<ForkedWorker>();
  const totals = createWorkerTotals();
  const questions = new Map<number, Question>();
  let lastId = 0;
  let exits = 0;
  const countExits = (): MetricFamily => ({
    name: "openclaw_gateway_worker_exits_total",
    series: [{ labels: [], value: exits, counts: [] }],
  });
  const settle = (question: Question, worker: ForkedWorker): void => {
    if (question.waiting.delete(worker) && question.waiting.size === 0) question.finish();
  };

  return {
    add: (worker) => void workers.add(worker),
    ask(asking, { id, topic }) {
      const ownId = (lastId += 1);
      const answers: unknown[] = [];
      const finish = (): void => {
        clearTimeout(timer);
        questions.delete(ownId);
        // A worker that was left out has counted what it had counted before.
        const all = topic === "metrics" ? [totals.sum(), [countExits()]] : answers;
        asking.send({ type: "answers", id, answers: all });
      };
      const timer = setTimeout(finish, maxWaitMs);
      questions.set(ownId, { waiting: new Set(workers), answers, finish });
      for (const worker of workers) worker.send({ type: "question", id: ownId, topic });
    },
    addAnswer(from, message) {
      const question = questions.get(message.id);
      if (question === undefined || !question.waiting.has(from)) return;
      if (message.topic === "metrics") totals.update(from, message.answer);
      question.answers.push(message.answer);
      settle(question, from);
    },
    forget(worker) {
      exits += 1;
      workers.delete(worker);
      totals.retire(worker);
      for (const question of questions.values()) settle(question, worker);
    },
  };
}
