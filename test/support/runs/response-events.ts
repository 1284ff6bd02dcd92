/** Runs as lists of events, and the response that the accumulator creates from them. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { Response } from "../../../contracts/http/responses/response.ts";
import type { RunEvent } from "../../../server/agent/types.ts";
import { serializeEvent } from "../../../server/dialects/preserialized.ts";
import { createEchoedFields } from "../../../server/dialects/responses/echoed-fields.ts";
import {
  createResponseAccumulator,
  type ResponseMetadata,
} from "../../../server/dialects/responses/response-accumulator.ts";
import type { OutgoingEvent } from "../../../server/dialects/responses/event-emitter.ts";

export const endEvent: RunEvent = {
  type: "end",
  reason: "stop",
  usage: { input: 5, output: 7, cached: 1, cacheWrite: 0, reasoning: 2 },
};

export const textEvent = (words: string): RunEvent => ({ type: "text", text: words });
export const thinkingEvent = (words: string): RunEvent => ({ type: "thinking", text: words });
export const callEvent = (index: number, id: string, name: string): RunEvent => ({
  type: "tool_call",
  index,
  id,
  name,
});
export const argumentsEvent = (index: number, words: string): RunEvent => ({
  type: "tool_call_arguments",
  index,
  fragment: words,
});

const metadata: ResponseMetadata = {
  fields: createEchoedFields({}, { id: "resp_1", created_at: 1_767_225_600, conversationId: undefined }),
  hasToolSearch: false,
  customToolNames: new Set(["shell"]),
  namespacedTools: new Map(),
  includesToolActivity: true,
  encrypt: undefined,
};

interface EmittedRun {
  readonly events: readonly ResponseEvent[];
  readonly response: Response;
}

/** Returns the response events of a run as they are sent, and the response. */
export function emitRun(run: readonly RunEvent[], overrides: Partial<ResponseMetadata> = {}): EmittedRun {
  const emitted: OutgoingEvent[] = [];
  const { push, machine: accumulator } = createAccumulator(overrides, (event) => emitted.push(event));
  run.forEach(push);
  return {
    events: emitted.map((event) => JSON.parse(serializeEvent(event)) as ResponseEvent),
    response: accumulator.getResponse(),
  };
}

/** Returns the response of a run without a listener. */
export function foldWithoutListener(
  run: readonly RunEvent[],
  overrides: Partial<ResponseMetadata> = {},
): Response {
  const { push, machine: accumulator } = createAccumulator(overrides);
  run.forEach(push);
  return accumulator.getResponse();
}

function createAccumulator(overrides: Partial<ResponseMetadata>, listener?: (event: OutgoingEvent) => void) {
  const clock = (): number => 1_767_225_601_000;
  const accumulator = createResponseAccumulator({ ...metadata, ...overrides }, { clock, listener });
  return { machine: accumulator, push: (event: RunEvent): void => accumulator.push(event) };
}
