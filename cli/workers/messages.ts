/** Messages between the process that starts the workers of a gateway and each of them. */
import type { WorkerAnswers, WorkerTopic } from "../../server/lib/workers.ts";

type Answer = {
  readonly [Topic in WorkerTopic]: {
    readonly type: "answer";
    /** Of the question. */
    readonly id: number;
    readonly topic: Topic;
    readonly answer: WorkerAnswers[Topic];
  };
}[WorkerTopic];

/** A message of a worker. `ask` is a question to all workers, itself included. */
export type WorkerMessage =
  | { readonly type: "started"; readonly url: string }
  | { readonly type: "ask"; readonly id: number; readonly topic: WorkerTopic }
  | Answer;

/** A message to a worker. `answers` has the id of its `ask`. */
export type PrimaryMessage =
  | { readonly type: "stop" }
  | { readonly type: "reload" }
  | { readonly type: "question"; readonly id: number; readonly topic: WorkerTopic }
  | { readonly type: "answers"; readonly id: number; readonly answers: readonly unknown[] };

/** The lines of a worker's log leave it here, after the standard streams and the channel of messages. */
export const logDescriptor = 4;
