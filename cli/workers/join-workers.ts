/** The worker's side of the messages between it and the process that has started it. */
import {
  shareLimit,
  type WorkerHandlers,
  type WorkerResponses,
  type Workers,
  type WorkerTopic,
} from "../../server/lib/workers.ts";
import { logDescriptor, type PrimaryMessage, type WorkerMessage } from "./messages.ts";
import type { WorkerData } from "./worker-data.ts";

export interface JoinedWorkers extends Workers {
  /** From 1. */
  readonly number: number;
  /** The lines of the log go here: two processes cannot rotate one file. */
  readonly logDescriptor: number;
  reportStart(url: string): void;
  /** Resolves when this worker is to stop. */
  waitForStop(options: { readonly onReload: () => void }): Promise<void>;
}

export function joinWorkers({ number, count }: WorkerData): JoinedWorkers {
  const handlers: WorkerHandlers = {};
  const pendingRequests = new Map<number, (responses: readonly unknown[]) => void>();
  let lastId = 0;
  let stop = (): void => {};
  let reload = (): void => {};
  const stopRequested = new Promise<void>((resolve) => (stop = resolve));
  const send = (message: WorkerMessage): void => {
    if (process.connected) process.send?.(message);
  };
  const respond = async (id: number, topic: WorkerTopic): Promise<void> => {
    const response = await handlers[topic]?.();
    if (response !== undefined) send({ type: "response", id, topic, response } as WorkerMessage);
  };
  // A terminal and some service managers send their signals to all processes. The one that has started this worker decides.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});
  process.on("message", (message: PrimaryMessage) => {
    if (message.type === "stop") stop();
    else if (message.type === "reload") reload();
    else if (message.type === "request") void respond(message.id, message.topic);
    else {
      pendingRequests.get(message.id)?.(message.responses);
      pendingRequests.delete(message.id);
    }
  });

  return {
    number,
    count,
    share: (total) => shareLimit(total, number, count),
    handle: (topic, handler) => void (handlers[topic] = handler),
    collect: <Topic extends WorkerTopic>(topic: Topic) =>
      new Promise<readonly WorkerResponses[Topic][]>((resolve) => {
        const id = (lastId += 1);
        pendingRequests.set(id, (responses) => resolve(responses as readonly WorkerResponses[Topic][]));
        send({ type: "collect", id, topic });
      }),
    logDescriptor,
    reportStart: (url) => send({ type: "started", url }),
    waitForStop({ onReload }) {
      reload = onReload;
      return stopRequested;
    },
  };
}
