/** The side of a worker: what it tells the process that has started it, and what it is told. */
import {
  shareLimit,
  type WorkerAnswers,
  type WorkerReplies,
  type Workers,
  type WorkerTopic,
} from "../../server/lib/workers.ts";
import { logDescriptor, type PrimaryMessage, type WorkerMessage } from "./messages.ts";
import type { WorkerPlace } from "./worker-place.ts";

export interface JoinedWorkers extends Workers {
  /** Takes the lines of the log. Two processes cannot rotate one file. */
  readonly logDescriptor: number;
  reportStart(url: string): void;
  /** Resolves when this worker is to stop. */
  waitForStop(options: { readonly onReload: () => void }): Promise<void>;
}

export function joinWorkers({ number, count }: WorkerPlace): JoinedWorkers {
  const answers: WorkerReplies = {};
  const pendingQuestions = new Map<number, (answers: readonly unknown[]) => void>();
  let lastId = 0;
  let stop = (): void => {};
  let reload = (): void => {};
  const stopRequested = new Promise<void>((resolve) => (stop = resolve));
  const send = (message: WorkerMessage): void => {
    if (process.connected) process.send?.(message);
  };
  const answerQuestion = async (id: number, topic: WorkerTopic): Promise<void> => {
    const answer = await answers[topic]?.();
    if (answer !== undefined) send({ type: "answer", id, topic, answer } as WorkerMessage);
  };
  // A terminal and some service managers send their signals to all processes. The one that has started this worker decides.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});
  process.on("message", (message: PrimaryMessage) => {
    if (message.type === "stop") stop();
    else if (message.type === "reload") reload();
    else if (message.type === "question") void answerQuestion(message.id, message.topic);
    else {
      pendingQuestions.get(message.id)?.(message.answers);
      pendingQuestions.delete(message.id);
    }
  });

  return {
    count,
    share: (total) => shareLimit(total, number, count),
    answer: (topic, getAnswer) => void (answers[topic] = getAnswer),
    ask: <Topic extends WorkerTopic>(topic: Topic) =>
      new Promise<readonly WorkerAnswers[Topic][]>((resolve) => {
        const id = (lastId += 1);
        pendingQuestions.set(id, (answers) => resolve(answers as readonly WorkerAnswers[Topic][]));
        send({ type: "ask", id, topic });
      }),
    logDescriptor,
    reportStart: (url) => send({ type: "started", url }),
    waitForStop({ onReload }) {
      reload = onReload;
      return stopRequested;
    },
  };
}
