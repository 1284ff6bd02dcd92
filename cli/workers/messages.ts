/** Messages between the process that starts the workers of a gateway and each of them. */
import type { WorkerResponses, WorkerTopic } from "../../server/lib/workers.ts";

type ResponseMessage = {
  readonly [Topic in WorkerTopic]: {
    readonly type: "response";
    /** The id of the request. */
    readonly id: number;
    readonly topic: Topic;
    readonly response: WorkerResponses[Topic];
  };
}[WorkerTopic];

/** A message of a worker. `collect` asks for the responses of all workers, its own included. */
export type WorkerMessage =
  | { readonly type: "started"; readonly url: string }
  | { readonly type: "collect"; readonly id: number; readonly topic: WorkerTopic }
  | ResponseMessage;

/** A message to a worker. `responses` has the id of its `collect`. */
export type PrimaryMessage =
  | { readonly type: "stop" }
  | { readonly type: "reload" }
  | { readonly type: "request"; readonly id: number; readonly topic: WorkerTopic }
  | { readonly type: "responses"; readonly id: number; readonly responses: readonly unknown[] };

/** The descriptor of a worker's log, after the standard streams and the channel of messages. */
export const logDescriptor = 4;
