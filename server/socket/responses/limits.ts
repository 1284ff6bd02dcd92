/** How much one WebSocket on /v1/responses may take. Passed on by value, so that tests can wait less. */

export interface ResponsesSocketLimits {
  /** How long a connection may last. */
  readonly maxAgeMs: number;
  /** Requests that may wait for the one before them, and their characters together. */
  readonly maxQueued: number;
  readonly maxQueuedLength: number;
  /** Whoever has not answered a ping after this time is cut. */
  readonly heartbeatMs: number;
}

export const responsesSocketLimits: ResponsesSocketLimits = {
  maxAgeMs: 60 * 60_000,
  maxQueued: 16,
  maxQueuedLength: 32_000_000,
  heartbeatMs: 30_000,
};
