/** The introduction of asyncapi.yaml. */
import { errorCodes, errorTable } from "../errors.ts";

const text = `
One WebSocket for programs that need more than requests and replies. They see every run, however it was started, wait for it and abort it, and manage sessions, tools and models. It is at the path \`/\` of the HTTP port. The last channel of this document is another WebSocket, at \`/v1/responses\`: that of OpenResponses.

## Frames

Every text message is one JSON object: a call \`{"type": "req", "id", "method", "params"}\`, a response \`{"type": "res", "id", "ok", "payload" or "error"}\`, or an event \`{"type": "event", "event", "payload", "seq"}\`. Responses arrive in any order. \`params\` are closed objects: an unknown name is an error. \`seq\` counts the events of a connection without gaps. Events are not sent again: after a reconnection, read the current state.

## Connecting

The gateway sends \`connect.challenge\`. The client calls \`connect\` within 10 seconds and receives \`hello-ok\`: the features, the state, and the scopes of the connection. Protocol versions 3 and 4 are supported. A \`device\` is accepted and not verified. A connection gets the scopes that it requests, limited to those of its credential: \`operator.read\`, \`operator.write\` (includes read and the next two), \`run\`, \`tools\`, \`operator.admin\` (includes all). Without \`scopes\` it requests read and write. When a key is revoked or expires, its connections are closed with 1008. An operation needs the same permission as over HTTP.

## Runs

\`agent\` responds twice with one id: first \`accepted\`, then the result. To wait for the result, skip the response whose \`status\` is \`accepted\`. The \`idempotencyKey\` is the id of the run. The same call with the same key runs once, for 24 hours and across restarts, so a call may be repeated after a lost connection. A disconnect does not stop a run.

## Limits

A frame has at most 64 KiB before \`connect\` and 25 MiB after it. A connection has at most 64 calls without a response. At most 32 connections of one address, and 256 in total, may be waiting for \`connect\`. A response has at most 6 MiB. A connection with more than 16 MiB of unread data does not receive ticks, presence and deltas; before it would miss any other event it is closed with 1013. Web pages may connect from the gateway's own origin and from the origins in \`gateway.http.cors.allowedOrigins\`.

## Closing

\`shutdown\` is sent before the gateway stops. Runs get some time to finish, then connections are closed with code 1012. Other codes: 1002 no common protocol version, 1003 a binary frame, 1008 not authorized or not any more, 1009 a frame that is too large, 1013 a client that reads too slowly, or that sends while the messages and bodies of all clients together are larger than \`gateway.limits.maxBodyBytesInFlight\`.

## Errors

Programs should use \`error.details.code\`, which is the same code as over HTTP, or the more general \`error.code\`. \`retryable\` tells whether the same call may succeed later.
`.trim();

/** Returns Markdown that ends with the table of error codes. */
export function renderSocketIntroduction(): string {
  const rows = errorCodes.map((code) => {
    const { socket, retry, description } = errorTable[code];
    return `| \`${code}\` | \`${socket}\` | ${retry ? "yes" : "no"} | ${description} |`;
  });
  return [
    text,
    "",
    "| details.code | code | may a retry help? | meaning |",
    "|---|---|---|---|",
    ...rows,
  ].join("\n");
}
