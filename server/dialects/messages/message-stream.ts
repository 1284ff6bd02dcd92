/** Maps a run to the events of its message, and folds the same events into the whole message. */
import type { MessagesEvent } from "../../../contracts/http/messages/events.ts";
import type { Message } from "../../../contracts/http/messages/message.ts";
import { requireFinishReason } from "../../agent/fold-run.ts";
import type { RunEvent, StartRun } from "../../agent/types.ts";
import type { Sink } from "../../lib/ports.ts";
import { createBlockWriter, type BlockOptions, type OutgoingEvent } from "./block-writer.ts";
import { estimateUsage, toMessagesUsage } from "./usage.ts";

export interface MessageMetadata extends BlockOptions {
  readonly id: string;
  readonly model: string;
  /** Estimates the input tokens of the first model call. */
  readonly estimateInput: () => number;
  /** Time without an event after which a `ping` is sent, in milliseconds. */
  readonly pingMs: number;
  /** Called with each event of a content block. */
  readonly onContent?: () => void;
}

/** A tick that looks for events costs less than a timer that each event starts anew. */
const ticksPerPing = 4;

type RunEnd = Extract<RunEvent, { type: "end" }>;
type MessageEnd = Pick<Message, "stop_reason" | "stop_sequence" | "stop_details">;

/**
 * Pushes the events of a run. Rejects with the run's failure. Nothing is pushed before the first content or the first ping,
 * so that an early failure can be an HTTP error.
 */
export const pushMessageEvents = (
  metadata: MessageMetadata,
  run: StartRun,
  sink: Sink<OutgoingEvent>,
): Promise<void> => pushEvents(metadata, run, sink, true);

async function pushEvents(
  metadata: MessageMetadata,
  run: StartRun,
  sink: Sink<OutgoingEvent>,
  isSerialized: boolean,
): Promise<void> {
  let isOpen = false;
  let silentTicks = 0;
  let refusal = "";
  let end: RunEnd | undefined;
  const emit = (event: OutgoingEvent): void => {
    if (!isOpen) {
      isOpen = true;
      sink.emit({ type: "message_start", message: createOpeningMessage(metadata) });
    }
    silentTicks = 0;
    sink.emit(event);
  };
  // Claude Code counts events as life, not comments, and begins the run again after minutes without one.
  const pingTimer = setInterval(() => {
    silentTicks += 1;
    if (silentTicks >= ticksPerPing) emit({ type: "ping" });
  }, metadata.pingMs / ticksPerPing);
  const emitContent = (event: OutgoingEvent): void => {
    metadata.onContent?.();
    emit(event);
  };
  const blocks = createBlockWriter(emitContent, metadata, isSerialized);
  try {
    await run({
      ready: () => sink.ready?.(),
      emit(event) {
        if (event.type === "end") end = event;
        else blocks.push(event);
        if (event.type === "refusal") refusal += event.text;
      },
    });
  } finally {
    clearInterval(pingTimer);
  }
  if (end === undefined) throw new Error("a run ended without its end");
  const delta = { ...toMessageEnd(end, refusal), container: null };
  blocks.finish();
  emit({ type: "message_delta", delta, usage: toMessagesUsage(end.usage), context_management: null });
  emit({ type: "message_stop" });
}

const createOpeningMessage = ({
  id,
  model,
  estimateInput,
}: MessageMetadata): Extract<MessagesEvent, { type: "message_start" }>["message"] => ({
  id,
  type: "message",
  role: "assistant",
  model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  stop_details: null,
  container: null,
  context_management: null,
  usage: estimateUsage(estimateInput()),
});

const stopReasons = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
} as const;

/** Throws the error of a run that failed. */
function toMessageEnd(end: RunEnd, refusal: string): MessageEnd {
  const reason = requireFinishReason(end);
  const { stopSequence = null } = end;
  if (reason === "content_filter" || (reason === "stop" && refusal !== "")) {
    const stop_details = {
      type: "refusal",
      category: null,
      explanation: refusal === "" ? null : refusal,
    } as const;
    return { stop_reason: "refusal", stop_sequence: null, stop_details };
  }
  const stop_reason = stopSequence === null ? stopReasons[reason] : "stop_sequence";
  return { stop_reason, stop_sequence: stopSequence, stop_details: null };
}

/** Resolves to the message that a stream of the same run would give. Rejects with the run's failure. */
export async function createMessage(metadata: MessageMetadata, run: StartRun): Promise<Message> {
  const fold = createMessageFold();
  await pushEvents(metadata, run, { emit: (event) => fold.push(event as MessagesEvent) }, false);
  return fold.getMessage();
}

interface MessageFold {
  push(event: MessagesEvent): void;
  getMessage(): Message;
}

function createMessageFold(): MessageFold {
  let message: Message | undefined;
  let json = "";
  const content: Message["content"] = [];
  return {
    push(event) {
      const block = content.at(-1);
      switch (event.type) {
        case "message_start":
          message = { ...event.message, content, stop_reason: "end_turn" };
          return;
        case "content_block_start":
          content.push({ ...event.content_block });
          json = "";
          return;
        case "content_block_delta":
          if (event.delta.type === "input_json_delta") json += event.delta.partial_json;
          else if (block !== undefined) appendDelta(block, event.delta);
          return;
        case "content_block_stop":
          if (block?.type === "tool_use" && json !== "")
            block.input = JSON.parse(json) as Record<string, unknown>;
          return;
        case "message_delta": {
          const { delta, usage } = event;
          if (message !== undefined) message = { ...message, ...delta, usage };
          return;
        }
        default:
          return;
      }
    },
    getMessage() {
      if (message === undefined) throw new Error("a message ended without its start");
      return message;
    },
  };
}

function appendDelta(
  block: Message["content"][number],
  delta: Exclude<
    Extract<MessagesEvent, { type: "content_block_delta" }>["delta"],
    { type: "input_json_delta" }
  >,
): void {
  if (block.type === "text" && delta.type === "text_delta") block.text += delta.text;
  if (block.type !== "thinking") return;
  if (delta.type === "thinking_delta") block.thinking += delta.thinking;
  if (delta.type === "signature_delta") block.signature = delta.signature;
}
