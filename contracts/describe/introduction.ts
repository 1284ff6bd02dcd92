/** What the published description says before its first operation. */
import { errorCodes, errorTable } from "../errors.ts";

const text = `
A self-hosted gateway that puts AI agents behind the API that OpenAI's clients already speak. Point a client's base URL at \`/v1\` of this server, give it the gateway's secret as its API key and an agent's name as its model.

## Credentials

Send \`Authorization: Bearer <secret>\` with every request but those to the public pages. The gateway's own secret gives full power over it: keep it on servers of yours, never in a page. A named key may do what its scopes say: \`operator.read\`, \`operator.write\` (which includes read, runs and tools), \`operator.admin\` (everything), or \`run\` or \`tools\` alone; for certain agents, until a certain time, so often a minute. Each operation says which scope it needs; without it the answer is 403 \`missing_scope\`.

## Agents

\`model\` chooses the agent: \`openclaw\` is the default one, \`openclaw:<id>\` any other. The header \`x-openclaw-agent-id\` chooses before \`model\` does. \`GET /v1/models\` lists them. What the agent is, its instructions and its language model, is the gateway's configuration and no concern of the request.

## Conversations

Without a session, the messages of a request are the whole conversation and nothing is kept. With the header \`x-openclaw-session-key\`, or a \`user\`, the gateway keeps the transcript: send new messages only, or the whole conversation as clients do, and what is new is what follows the last \`assistant\` message. One run at a time works on a session, others wait their turn in order.

## Streaming

With \`"stream": true\` the answer is \`text/event-stream\`: each frame is a line \`data: <JSON of one event>\` and an empty line. Lines that begin with a colon are signs of life: skip them. **A stream is complete with \`data: [DONE]\`.** A frame whose JSON has an \`error\` is a failure, and ends it. A stream that ends with neither was cut. Closing the connection stops the run.

## Errors

A failure is \`{"error": {"message", "type", "param", "code"}}\` with all four keys; \`/tools/invoke\` says \`"ok": false\` beside it. Branch on \`code\`; \`param\` is the path of the field at fault or null; \`message\` is for people and may change. Every response carries \`x-request-id\`: quote it when you ask for help, the log has it too. OpenAI's clients repeat 409, 429 and 5xx by themselves, and a repeat is a second run: \`x-should-retry\` tells them when that cannot help.
`.trim();

/** Markdown; ends with the table of all codes. */
export function introduction(): string {
  const rows = errorCodes.map((code) => {
    const { status, retry, description } = errorTable[code];
    return `| \`${code}\` | ${status} | ${retry ? "yes" : "no"} | ${description} |`;
  });
  return [text, "", "| code | status | may a retry help? | meaning |", "|---|---|---|---|", ...rows].join(
    "\n",
  );
}
