/** Builders that the chat examples share. Ids are counted and the clock is fixed, so that responses are exact. */
import type { ReplyOf, EventOf } from "../endpoint.ts";
import type { createChatCompletion } from "../http/chat/endpoint.ts";
import type { ScriptUsage } from "./script.ts";

type Completion = ReplyOf<typeof createChatCompletion>;
type Chunk = EventOf<typeof createChatCompletion>;
type Choice = Completion["choices"][number];
type Usage = NonNullable<Completion["usage"]>;

/** 2026-01-01T00:00:00Z. */
const created = 1767225600;

const toUsage = ({ input, output, cached = 0, reasoning = 0 }: ScriptUsage): Usage => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0, cache_write_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: reasoning,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
});

/** A completion that is not streamed. */
export const completion = (
  tokenUsage: ScriptUsage,
  message: Omit<Choice["message"], "role">,
  finish_reason: Choice["finish_reason"] = "stop",
  model = "openclaw",
): Completion => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created,
  model,
  choices: [{ index: 0, message: { role: "assistant", ...message }, logprobs: null, finish_reason }],
  usage: toUsage(tokenUsage),
});

/** One chunk of a stream. Only the last one has a `finish_reason`. */
export const chunk = (
  delta: Chunk["choices"][number]["delta"],
  finish_reason: Choice["finish_reason"] | null = null,
): Chunk => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created,
  model: "openclaw",
  choices: [{ index: 0, delta, logprobs: null, finish_reason }],
});

/** The first chunk. Its content is null when a tool call comes first. */
export const openingChunk = (content: "" | null = ""): Chunk =>
  chunk({ role: "assistant", content, refusal: null });

/** The chunks of a stream with `include_usage`. */
export const withUsage = (chunks: readonly Chunk[], tokenUsage: ScriptUsage): readonly Chunk[] => [
  ...chunks.map((each) => ({ ...each, usage: null })),
  { ...chunk({}), choices: [], usage: toUsage(tokenUsage) },
];
