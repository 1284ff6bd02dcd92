/** What the published description of the socket says before its first operation. */
import { errorCodes, errorTable } from "../errors.ts";

const text = `
One WebSocket for programs that do more than ask and read: they see every run as it happens, whichever door it came through, wait for it, abort it, and keep house with sessions, tools and models. It is on the path \`/\` of the port that serves HTTP. The last channel is another WebSocket, on \`/v1/responses\`: OpenResponses' own, for clients that speak it.

## Frames

Every text message is one JSON object: a call \`{"type": "req", "id", "method", "params"}\`, an answer \`{"type": "res", "id", "ok", "payload" or "error"}\`, or an event \`{"type": "event", "event", "payload", "seq"}\`. Answers come in any order. \`params\` are closed objects: a misspelt name is an error. \`seq\` counts the events of a connection without gaps; events are never sent again, so whoever reconnects reads the state anew.

## Connecting

The gateway sends \`connect.challenge\`, the client calls \`connect\` within 10 seconds, the answer is \`hello-ok\`: what there is, how things are, what the connection may do. Protocols 3 and 4 are spoken. A \`device\` is accepted and not verified. A connection has the scopes that it asks for, as far as its credential has them: \`operator.read\`, \`operator.write\` (which includes read, and the next two), \`run\`, \`tools\`, \`operator.admin\` (which includes all); who does not speak of scopes asks to read and write. A key that is revoked or expires takes its connections with it (1008). An operation needs the same right as over HTTP.

## Runs

\`agent\` answers twice under one id: \`accepted\`, then the result. Whoever wants the result skips the answer whose \`status\` is \`accepted\`. The \`idempotencyKey\` is the id of the run: the same call with the same key runs once, for 24 hours and across a restart, so a call may be made again after a connection was lost. Runs go on when their caller leaves.

## Limits

64 KiB before \`connect\`, then 25 MiB a frame; 64 calls that are not answered yet; 32 connections of one address, and 256 in all, that have not connected yet; answers have at most 6 MiB. A connection with more than 16 MiB unread misses what may be missed (ticks, presence, deltas) and is closed with 1013 before it misses anything else. Pages of a browser may connect from the gateway's own origin and from those in \`gateway.http.cors.allowedOrigins\`.

## The end

\`shutdown\` comes before the gateway stops; runs get some time to finish, then the connection is closed with code 1012. Other codes: 1002 no common protocol, 1003 a binary frame, 1008 not let in, or no longer, 1009 too large a frame, 1013 too slow.

## Errors

Branch on \`error.details.code\`, which is what HTTP has for the same failure, or on the coarser \`error.code\`. \`retryable\` says whether the same call may succeed later.
`.trim();

/** Markdown; ends with the table of all codes. */
export function socketIntroduction(): string {
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
