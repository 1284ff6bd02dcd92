/** Lines of the log: requests over HTTP and calls of sockets. */
import type { LogEvent } from "./log-event.ts";

export const requestsLogEvents = {
  run: {
    levels: ["info", "warn", "error"],
    meaning:
      "A run has ended. `outcome` is how, or the error code; `warn` is a failure, `error` a bug. Has its times, tokens, cost and tools.",
  },
  tool: {
    levels: ["info"],
    meaning: "A tool was invoked without a run. `outcome` is `done`, `dry_run` or the error code.",
  },
  "request rejected": {
    levels: ["info"],
    meaning: "An HTTP request got a status below 500. Has the error code.",
  },
  "request failed": {
    levels: ["warn", "error"],
    meaning: "An HTTP request got a 5xx. `error` is a bug with its stack: please report it.",
  },
  "call rejected": {
    levels: ["info"],
    meaning: "A call of a socket method was not valid or not possible. Has the error code.",
  },
  "call failed": {
    levels: ["error"],
    meaning: "A bug in a socket method, with its stack. Please report it.",
  },
  "requests rejected, because all runs are taken and the queue is full": {
    levels: ["warn"],
    meaning:
      "Has their number in the last interval. Look for slow providers before you raise `gateway.limits.maxConcurrentRuns`.",
  },
  "credentials rejected": {
    levels: ["warn"],
    meaning:
      "Has the addresses and their number. A client has an old key, or someone guesses. A `reason` names what a proxy that signs users in has not sent.",
  },
  "the keys of the issuer cannot be fetched": {
    levels: ["warn"],
    meaning: "`gateway.auth.jwt.jwksUri` does not answer. Tokens with known keys work.",
  },
  "the result of a call could not be stored": {
    levels: ["error"],
    meaning: "A repeat with the same idempotency key may run again.",
  },
  "idempotency record not stored": {
    levels: ["error"],
    meaning: "A repeat with the same `Idempotency-Key` may run again.",
  },
  "client metadata": {
    levels: ["debug"],
    meaning: "Ids that a client has sent in `metadata`, to find its request by.",
  },
  "socket connected": { levels: ["debug"], meaning: "A WebSocket has passed its handshake." },
  "socket closed": { levels: ["debug"], meaning: "A WebSocket was closed. Has the code and the reason." },
} as const satisfies Readonly<Record<string, LogEvent>>;
