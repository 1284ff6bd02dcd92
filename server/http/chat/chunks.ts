/** The events of a run as chat completion chunks: role, pieces, finish reason, and the usage where it is asked for. */
import type { ChatCompletionChunk } from "../../../contracts/http/chat/chunk.ts";
import { finished } from "../../agent/fold.ts";
import type { RunEvent } from "../../agent/types.ts";
import { textTemplate, type Encoded } from "../encoded.ts";
import { toolActivity } from "../tool-activity.ts";
import { chatUsage, type ChatFace } from "./reply.ts";
import { customInput } from "./tools.ts";

interface StreamFace extends ChatFace {
  readonly includeUsage: boolean;
}

type Delta = ChatCompletionChunk["choices"][number]["delta"];
/** Text has a template of its own, and the end is more than one chunk. */
type OtherEvent = Exclude<RunEvent, { type: "text" | "end" }>;
type FinishReason = ChatCompletionChunk["choices"][number]["finish_reason"];

type Piece = ChatCompletionChunk | Encoded<ChatCompletionChunk>;

/** A run's events one after the other, each as the chunks that it makes. Throws the run's failure at its end. */
export function chatChunks(face: StreamFace): (event: RunEvent) => Piece | readonly Piece[] | undefined {
  const { id, created, model, includeUsage, showTools } = face;
  const chunk = (delta: Delta, finish_reason: FinishReason = null): ChatCompletionChunk => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason }];
    const made: ChatCompletionChunk = { id, object: "chat.completion.chunk", created, model, choices };
    if (includeUsage) made.usage = null;
    return made;
  };
  const textChunk = textTemplate((content) => chunk({ content }));
  const opening = (content: "" | null): ChatCompletionChunk =>
    chunk({ role: "assistant", content, refusal: null });
  /** The arguments of custom calls, which make sense only as a whole, by index. */
  const custom = new Map<number, string>();
  let opened = false;

  const pieceOf = (event: OtherEvent): ChatCompletionChunk | undefined => {
    const delta = deltaOf(event, face, custom);
    if (delta !== undefined) return chunk(delta);
    const activity = showTools ? toolActivity(event) : undefined;
    return activity && { ...chunk({}), openclaw: activity };
  };
  const ending = (end: Extract<RunEvent, { type: "end" }>): readonly Piece[] => {
    const reason = finished(end);
    const pieces = opened ? [] : [opening("")];
    for (const [index, text] of custom)
      pieces.push(chunk({ tool_calls: [{ index, custom: { input: customInput(text) } }] }));
    pieces.push(chunk({}, reason));
    if (includeUsage && end.usage !== undefined) {
      const usage = chatUsage(end.usage);
      pieces.push({ id, object: "chat.completion.chunk", created, model, choices: [], usage });
    }
    return pieces;
  };

  return (event) => {
    if (event.type === "end") return ending(event);
    const piece = event.type === "text" ? textChunk(event.text) : pieceOf(event);
    if (piece === undefined || opened) return piece;
    opened = true;
    return [opening(event.type === "tool_call" ? null : ""), piece];
  };
}

/** What a chunk says of an event, if anything. */
function deltaOf(
  event: OtherEvent,
  { customTools }: ChatFace,
  custom: Map<number, string>,
): Delta | undefined {
  switch (event.type) {
    case "thinking":
      return { reasoning_content: event.text };
    case "refusal":
      return { refusal: event.text };
    case "tool_call": {
      const { index, id, name } = event;
      if (!customTools.has(name))
        return { tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] };
      custom.set(index, "");
      return { tool_calls: [{ index, id, type: "custom", custom: { name, input: "" } }] };
    }
    case "tool_call_arguments": {
      const { index, fragment } = event;
      const sofar = custom.get(index);
      if (sofar === undefined) return { tool_calls: [{ index, function: { arguments: fragment } }] };
      custom.set(index, sofar + fragment);
      return undefined;
    }
    default:
      return undefined;
  }
}
