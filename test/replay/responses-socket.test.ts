/** Replays every example of POST /v1/responses over the WebSocket: the same events, responses and errors. */
import { describe, expect, test } from "vitest";
import type { AnyExample } from "../../contracts/endpoint.ts";
import { errorTable } from "../../contracts/errors.ts";
import { exampleSets } from "../../contracts/examples/index.ts";
import { createResponse } from "../../contracts/http/responses/endpoint.ts";
import { getAuthorization, startReplayGateway } from "../support/gateway/replay.ts";
import { openResponsesWebSocket } from "../support/sockets/responses-websocket.ts";
import { createErrorBody } from "../support/gateway/example-frames.ts";

interface SentRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const examples = exampleSets
  .filter(({ endpoint }) => endpoint.id === createResponse.id)
  .flatMap((set): readonly AnyExample[] => set.examples);
const request = (example: AnyExample): SentRequest => example.request as SentRequest;

describe("response.create", () => {
  for (const example of examples) test(example.title, () => replay(example));
});

async function replay(example: AnyExample): Promise<void> {
  const { headers = {}, body } = request(example);
  const gateway = await startReplayGateway(example);
  const socket = await openResponsesWebSocket(gateway.url, {
    headers: { authorization: getAuthorization(), ...headers },
  });
  const events = await socket.createAndWait(body);

  if ("reply" in example) {
    expect(events.at(-1)).toMatchObject({ response: example.reply });
  } else if ("events" in example) {
    const isFailed = example.failure && { status: errorTable[example.failure.code].status };
    expect(events).toEqual(
      example.events.map((event) =>
        (event as SentRequest & { type: string }).type === "error"
          ? { ...(event as object), ...isFailed }
          : event,
      ),
    );
  } else {
    const { status } = errorTable[example.error.code];
    expect(events).toEqual([{ type: "error", status, error: createErrorBody(example.error) }]);
  }
}
