/** Every example of POST /v1/responses once more over the WebSocket: the same events, the same response, the same errors. */
import { describe, expect, test } from "vitest";
import type { AnyExample } from "../../contracts/endpoint.ts";
import { errorTable } from "../../contracts/errors.ts";
import { exampleSets } from "../../contracts/examples/index.ts";
import { createResponse } from "../../contracts/http/responses/endpoint.ts";
import { authorization, startReplayGateway } from "../support/replay.ts";
import { openResponsesSocket } from "../support/responses-socket.ts";
import { exampleError } from "../support/transcript.ts";

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const examples = exampleSets
  .filter(({ endpoint }) => endpoint.id === createResponse.id)
  .flatMap((set): readonly AnyExample[] => set.examples);
const sent = (example: AnyExample): Sent => example.request as Sent;

describe("response.create", () => {
  for (const example of examples) test(example.title, () => replay(example));
});

async function replay(example: AnyExample): Promise<void> {
  const { headers = {}, body } = sent(example);
  const gateway = await startReplayGateway(example);
  const socket = await openResponsesSocket(gateway.url, { headers: { authorization, ...headers } });
  const events = await socket.ask(body);

  if ("reply" in example) {
    expect(events.at(-1)).toMatchObject({ response: example.reply });
  } else if ("events" in example) {
    const failed = example.failure && { status: errorTable[example.failure.code].status };
    expect(events).toEqual(
      example.events.map((event) =>
        (event as Sent & { type: string }).type === "error" ? { ...(event as object), ...failed } : event,
      ),
    );
  } else {
    const { status } = errorTable[example.error.code];
    expect(events).toEqual([{ type: "error", status, error: exampleError(example.error) }]);
  }
}
