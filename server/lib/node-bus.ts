/** Messages between the nodes that share a store. A message can be lost: it only says that there is something to read. */

export interface NodeBus {
  /** Sends a small message to all other nodes. */
  publish(topic: string, data: unknown): void;
  /** Calls the listener with the messages of other nodes. Returns an unsubscribe function. */
  subscribe(topic: string, listener: (data: unknown) => void): () => void;
  /** Resolves to what the other nodes answer within a second. */
  ask(topic: string, data: unknown): Promise<readonly unknown[]>;
  /** Answers the questions of other nodes. It does not throw. An answer of undefined is not sent. */
  answer(topic: string, reply: (data: unknown) => unknown): () => void;
  /** Calls the listener when messages may have been lost: every two seconds, and after each interruption. */
  onGap(listener: () => void): () => void;
}

const doNothing = (): void => {};

/** The bus of a node that shares its store with no other. */
export const noBus: NodeBus = {
  publish: doNothing,
  subscribe: () => doNothing,
  ask: () => Promise.resolve([]),
  answer: () => doNothing,
  onGap: () => doNothing,
};
