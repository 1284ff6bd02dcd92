/** How much one connection, one address and all of them may take. Passed on by value, so that tests can wait less. */

export interface SocketLimits {
  /** Bytes that a connection may send before it has connected. */
  readonly maxBytesBeforeConnect: number;
  /** Bytes of one message afterwards. */
  readonly maxPayload: number;
  /** Calls of one connection that are not answered yet. */
  readonly maxCalls: number;
  /** Connections that have not connected yet: of one address, and of all. */
  readonly maxWaitingPerAddress: number;
  readonly maxWaiting: number;
  readonly handshakeMs: number;
  /** Unread bytes from which on events are skipped, or the connection is closed. */
  readonly maxBufferedBytes: number;
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
  maxWaitingPerAddress: 32,
  maxWaiting: 256,
  handshakeMs: 10_000,
  maxBufferedBytes: 16 * mebibyte,
  maxReplyBytes: 6 * mebibyte,
  tickIntervalMs: 30_000,
  presenceIntervalMs: 1_000,
  healthIntervalMs: 60_000,
};
