/** Times of event streams, in milliseconds. */

export interface StreamTimes {
  /** Time until the headers of a stream are sent, with or without an event. */
  readonly headersAfterMs: number;
  /** Silence before a keep-alive comment. */
  readonly keepAliveMs: number;
  /** Time without an event before a response repeats its state. */
  readonly repeatStateMs: number;
  /** Time without an event before a message sends a `ping`. */
  readonly pingMs: number;
  /** Time that the run of a message waits for the repeat of its request, after its connection was closed. */
  readonly repeatWaitMs: number;
  /** The same after the client has reset the connection. */
  readonly resetWaitMs: number;
}

export const defaultStreamTimes: StreamTimes = {
  headersAfterMs: 10_000,
  keepAliveMs: 15_000,
  repeatStateMs: 60_000,
  pingMs: 10_000,
  repeatWaitMs: 5_000,
  // Claude Code resets the connection when its user interrupts it. Otherwise it repeats the request after 0.6 s.
  resetWaitMs: 2_000,
};
