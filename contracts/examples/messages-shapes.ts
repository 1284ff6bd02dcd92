/** Builders that the messages examples share. Ids are counted and the clock is fixed, so that replies are exact. */
import type { EventOf, ReplyOf } from "../endpoint.ts";
import type { createMessage } from "../http/messages/endpoint.ts";
import type { MessagesUsage } from "../http/messages/message.ts";
import type { ScriptUsage } from "./script.ts";

export type MessagesContract = typeof createMessage;
type Message = ReplyOf<MessagesContract>;
type MessagesEvent = EventOf<MessagesContract>;
type Block = Message["content"][number];
type EventOfType<T extends MessagesEvent["type"]> = Extract<MessagesEvent, { type: T }>;
type End = Pick<Message, "stop_reason" | "stop_sequence" | "stop_details">;

const toUsage = ({ input, output, cached = 0, reasoning = 0 }: ScriptUsage): MessagesUsage => ({
  input_tokens: input - cached,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: cached,
  output_tokens: output,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  output_tokens_details: { thinking_tokens: reasoning },
  server_tool_use: null,
  service_tier: "standard",
  inference_geo: null,
  speed: null,
});

const head = { id: "msg_1", type: "message", role: "assistant" } as const;
const nulls = { container: null, context_management: null } as const;

const toEnd = (end: Partial<End>): End => ({
  stop_reason: "end_turn",
  stop_sequence: null,
  stop_details: null,
  ...end,
});

/** A message that is not streamed. */
export const message = (
  usage: ScriptUsage,
  content: Block[],
  end: Partial<End> = {},
  model = "openclaw",
): Message => ({ ...head, model, content, ...toEnd(end), ...nulls, usage: toUsage(usage) });

export const textBlock = (text: string): Block => ({ type: "text", text, citations: null });
export const toolUse = (id: string, name: string, input: Record<string, unknown>): Block => ({
  type: "tool_use",
  id,
  name,
  input,
  caller: { type: "direct" },
});

/** The first event. `input` is the gateway's estimate. */
export const messageStart = (input: number): EventOfType<"message_start"> => ({
  type: "message_start",
  message: {
    ...head,
    model: "openclaw",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    ...nulls,
    usage: toUsage({ input, output: 0 }),
  },
});

/** The events of one block. Its text or input is in the deltas. */
export const block = (
  index: number,
  content_block: Block,
  ...deltas: readonly EventOfType<"content_block_delta">["delta"][]
): readonly MessagesEvent[] => [
  { type: "content_block_start", index, content_block },
  ...deltas.map((delta) => ({ type: "content_block_delta" as const, index, delta })),
  { type: "content_block_stop", index },
];

export const textDelta = (text: string) => ({ type: "text_delta", text }) as const;
export const inputDelta = (partial_json: string) => ({ type: "input_json_delta", partial_json }) as const;

/** The last two events. */
export const messageEnd = (usage: ScriptUsage, end: Partial<End> = {}): readonly MessagesEvent[] => [
  {
    type: "message_delta",
    delta: { ...toEnd(end), container: null },
    usage: toUsage(usage),
    context_management: null,
  },
  { type: "message_stop" },
];
