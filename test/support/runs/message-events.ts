/** Sends a run through the messages dialect. */
import type { MessagesEvent } from "../../../contracts/http/messages/events.ts";
import type { Message } from "../../../contracts/http/messages/message.ts";
import {
  createMessage,
  pushMessageEvents,
  type MessageMetadata,
} from "../../../server/dialects/messages/message-stream.ts";
import type { OutgoingEvent } from "../../../server/dialects/messages/block-writer.ts";
import type { RunEvent, StartRun } from "../../../server/agent/types.ts";
import { frame } from "../../../contracts/sse.ts";
import { toGatewayError } from "../../../server/lib/errors.ts";
import { toAnthropicErrorBody } from "../../../server/transport/anthropic-errors.ts";

const createMessageMetadata = (thinking: MessageMetadata["thinking"]): MessageMetadata => ({
  id: "msg_1",
  model: "openclaw",
  thinking,
  seal: (reasoning) => `sealed ${JSON.stringify(reasoning)}`,
  toClientToolName: (name) => name,
  estimateInput: () => 3,
  pingMs: 60_000,
});

const startRun =
  (run: readonly RunEvent[]): StartRun =>
  async (sink) =>
    run.forEach((event) => sink.emit(event));

/** Returns the events, with an `error` event at the end of a run that fails. */
export async function emitMessage(
  run: readonly RunEvent[],
  thinking: MessageMetadata["thinking"] = "text",
): Promise<readonly MessagesEvent[]> {
  const events: MessagesEvent[] = [];
  const emit = (event: OutgoingEvent): void =>
    void events.push(typeof event === "string" ? (JSON.parse(event) as MessagesEvent) : event);
  try {
    await pushMessageEvents(createMessageMetadata(thinking), startRun(run), { emit });
  } catch (thrown) {
    emit(toAnthropicErrorBody(toGatewayError(thrown), "req_1"));
  }
  return events;
}

/** Returns the whole message of a run that ends well. */
export const foldMessage = (
  run: readonly RunEvent[],
  thinking: MessageMetadata["thinking"] = "text",
): Promise<Message> => createMessage(createMessageMetadata(thinking), startRun(run));

/** The events as a client receives them. */
export const toEventStream = (events: readonly MessagesEvent[]): string =>
  events.map((event) => frame(JSON.stringify(event), event.type)).join("");
