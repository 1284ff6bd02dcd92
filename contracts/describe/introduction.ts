/** The introduction of openapi.yaml. */
import { browserHeaders } from "../response-headers.ts";
import { errorCodes, errorTable } from "../errors.ts";

const listHeaders = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers)
    .map(([name, value]) => `\`${name}: ${value}\``)
    .join(" and ");

const text = `
A self-hosted gateway that puts AI agents behind the APIs that OpenAI's and Anthropic's clients already speak. Point the base URL of a client of OpenAI at \`/v1\` of this server, that of a client of Anthropic at the server itself, use the gateway's secret as the API key and an agent's name as the model. Every path may end with one slash.

## Credentials

Send \`Authorization: Bearer <secret>\` with every request, except to the public pages. The gateway's own secret gives full access: keep it on your servers, never in a web page. The scopes of a named key limit what it may do: \`operator.read\`, \`operator.write\` (includes read, runs and tools), \`operator.admin\` (everything), or only \`run\`, \`tools\` or \`metrics\`. A key may also be limited to certain agents, to a time, and to a number of requests per minute. Each operation names the scope that it needs; without the scope the response is 403 \`missing_scope\`.

## Agents

\`model\` selects the agent: \`openclaw\` is the default agent, \`openclaw:<id>\` any other. The header \`x-openclaw-agent-id\` takes precedence over \`model\`. \`GET /v1/models\` lists the agents. The gateway's configuration defines an agent's instructions and its language model.

## Conversations

Without a session, the messages of a request are the whole conversation and nothing is stored. With the header \`x-openclaw-session-key\`, or a \`user\`, the gateway stores the transcript. Then send only new messages, or the whole conversation: the messages after the last \`assistant\` message are new. A session has one run at a time; other runs wait in order.

## Streaming

With \`"stream": true\` the response is \`text/event-stream\`: each frame is a line \`data: <JSON of one event>\` and an empty line. Lines that begin with a colon are keep-alive comments: ignore them. **A complete stream ends with \`data: [DONE]\`.** A frame whose JSON has an \`error\` is a failure and ends the stream. A stream that ends with neither was interrupted. A stream of \`/v1/messages\` has the events of Anthropic's API instead and ends with \`message_stop\` or \`error\`. Closing the connection aborts the run.

## Errors

An error is \`{"error": {"message", "type", "param", "code"}}\` with all four keys; \`/tools/invoke\` and \`/sessions\` add \`"ok": false\`. \`/v1/messages\` has the shape of Anthropic's API, with the code in \`error.details\`. Programs should use \`code\`. \`param\` is the path of the invalid field, or null. \`message\` is for people and may change. Every response has an \`x-request-id\`, which is also in the log, and for browsers ${listHeaders(browserHeaders)}. OpenAI's and Anthropic's SDKs retry 409, 429 and 5xx, and a retry is a second run: \`x-should-retry\` tells them whether a retry can succeed.
`.trim();

/** Returns Markdown that ends with the table of error codes. */
export function renderIntroduction(): string {
  const rows = errorCodes.map((code) => {
    const { status, retry, description } = errorTable[code];
    return `| \`${code}\` | ${status} | ${retry ? "yes" : "no"} | ${description} |`;
  });
  return [text, "", "| code | status | may a retry help? | meaning |", "|---|---|---|---|", ...rows].join(
    "\n",
  );
}
