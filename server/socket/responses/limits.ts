/** How much one WebSocket on /v1/responses may take. Passed on by value, so that tests can wait less. */

export interface ResponsesSocketLimits {
  /** How long a connection may last. */
  readonly maxAgeMs: number;
  /** Requests that may wait for the one before them, and their characters together. */
  readonly maxWaiting: number;
  readonly maxWaitingLength: number;
  /** Whoever has not answered a ping after this time is cut. */
  readonly beatMs: number;
}

export const responsesSocketLimits: ResponsesSocketLimits = {
  maxAgeMs: 60 * 60_000,
  maxWaiting: 16,
  maxWaitingLength: 32_000_000,
  beatMs: 30_000,
};
