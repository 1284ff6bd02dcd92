/** Times of event streams. */

/**
 * Latest time of a stream's headers, the longest silence before a keep-alive comment, and the longest time without an
 * event of a response and of a message, and the time that a message whose connection was cut, or reset, waits for its
 * repeat, in milliseconds.
 */
export interface StreamTimes {
  readonly headersAfterMs: number;
  readonly keepAliveMs: number;
  readonly repeatStateMs: number;
  readonly pingMs: number;
  readonly repeatWaitMs: number;
  readonly resetWaitMs: number;
}

export const defaultStreamTimes: StreamTimes = {
  headersAfterMs: 10_000,
  keepAliveMs: 15_000,
  repeatStateMs: 60_000,
  pingMs: 10_000,
  repeatWaitMs: 5_000,
  // Claude Code resets its connection when its user interrupts it. It repeats a request that it has not given up after 0.6 s.
  resetWaitMs: 2_000,
};
