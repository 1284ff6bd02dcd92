/** Limits of one connection, of one address, and of all connections. Passed as a value so that tests can use shorter times. */

export interface SocketLimits {
  /** Bytes that a connection may send before its `connect` is accepted. */
  readonly maxBytesBeforeConnect: number;
  /** Maximum size of one message afterwards, in bytes. */
  readonly maxPayload: number;
  /** Unanswered calls of one connection. */
  readonly maxCalls: number;
  /** Invalid frames of one connection in ten seconds; one more closes it. */
  readonly maxInvalidFrames: number;
  /** Connections of one address whose `connect` is not accepted yet. */
  readonly maxPendingPerAddress: number;
  /** Such connections of all addresses. */
  readonly maxPending: number;
  /** At a limit, a connection that has waited longer than this for its `connect` is closed in favour of a new one. */
  readonly pendingGraceMs: number;
  /** Time in which `connect` must arrive. */
  readonly handshakeMs: number;
  /** With more unsent bytes, droppable events are skipped, and other frames close the connection. */
  readonly maxBufferedBytes: number;
  /** Maximum size of a result, in bytes. */
  readonly maxReplyBytes: number;
  readonly tickIntervalMs: number;
  readonly presenceIntervalMs: number;
  readonly healthIntervalMs: number;
}

const mebibyte = 1024 * 1024;

export const socketLimits: SocketLimits = {
  maxBytesBeforeConnect: 64 * 1024,
  maxPayload: 25 * mebibyte,
  maxCalls: 64,
  maxInvalidFrames: 100,
  maxPendingPerAddress: 32,
  maxPending: 256,
  pendingGraceMs: 2_000,
  handshakeMs: 10_000,
  maxBufferedBytes: 16 * mebibyte,
  maxReplyBytes: 6 * mebibyte,
  tickIntervalMs: 30_000,
  presenceIntervalMs: 1_000,
  healthIntervalMs: 60_000,
};
