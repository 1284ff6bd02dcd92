/** Maps the events of a run to chat completion chunks. */
import type { ChatCompletionChunk } from "../../../contracts/http/chat/chunk.ts";
import { requireFinishReason } from "../../agent/fold-run.ts";
import type { RunEvent, StartRun } from "../../agent/types.ts";
import type { Sink } from "../../lib/ports.ts";
import { createDeltaTemplate, type SerializedEvent } from "../preserialized.ts";
import { toToolActivity } from "../tool-activity.ts";
import { toChatUsage, type CompletionMetadata } from "./completion.ts";
import { readExtraContent, readReasoningDetails } from "./provider-state.ts";
import { toSealedDetail } from "./sealed-turn.ts";
import { unwrapCustomInput } from "../../agent/custom-tools.ts";

interface StreamMetadata extends CompletionMetadata {
  readonly includeUsage: boolean;
}

type Delta = ChatCompletionChunk["choices"][number]["delta"];
/** Text uses a serialisation template, and the end may need several chunks. */
type RunEnd = Extract<RunEvent, { type: "end" }>;
type NonTextEvent = Exclude<RunEvent, { type: "text" | "end" }>;
type FinishReason = ChatCompletionChunk["choices"][number]["finish_reason"];

type OutgoingChunk = ChatCompletionChunk | SerializedEvent<ChatCompletionChunk>;

/** Pushes the chunks of a run. Rejects with the run's failure. */
export async function pushChatChunks(
  metadata: StreamMetadata,
  run: StartRun,
  sink: Sink<OutgoingChunk>,
): Promise<void> {
  const { id, created, model, includeUsage, includeToolActivity } = metadata;
  const createChunk = (delta: Delta, finish_reason: FinishReason = null): ChatCompletionChunk => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason }];
    const result: ChatCompletionChunk = { id, object: "chat.completion.chunk", created, model, choices };
    if (includeUsage) result.usage = null;
    return result;
  };
  const toTextChunk = createDeltaTemplate((content) => createChunk({ content }));
  const createOpeningChunk = (content: "" | null): ChatCompletionChunk =>
    createChunk({ role: "assistant", content, refusal: null });
  /** Arguments of custom tool calls by index. They can be unwrapped only when complete. */
  const customCalls = new Map<number, string>();
  /** Indexes of calls without arguments so far: clients parse them, so they are `{}` at the end. */
  const emptyCalls = new Set<number>();
  let isOpen = false;

  const toChunk = (event: NonTextEvent): ChatCompletionChunk | undefined => {
    const delta = toDelta(event, metadata, customCalls);
    if (event.type === "tool_call" && !metadata.customTools.has(event.name)) emptyCalls.add(event.index);
    if (event.type === "tool_call_arguments" && event.fragment !== "") emptyCalls.delete(event.index);
    if (delta !== undefined) return createChunk(delta);
    const activity = includeToolActivity ? toToolActivity(event) : undefined;
    return activity && { ...createChunk({}), openclaw: activity };
  };
  const open = (content: "" | null): void => {
    if (!isOpen) sink.emit(createOpeningChunk(content));
    isOpen = true;
  };
  const pushEnd = (event: RunEnd): void => {
    const reason = requireFinishReason(event);
    open("");
    for (const [index, text] of customCalls)
      sink.emit(createChunk({ tool_calls: [{ index, custom: { input: unwrapCustomInput(text) } }] }));
    if (reason !== "length") {
      for (const index of emptyCalls)
        sink.emit(createChunk({ tool_calls: [{ index, function: { arguments: "{}" } }] }));
    }
    const sealed = reason === "tool_calls" ? metadata.sealTurn() : undefined;
    if (sealed !== undefined) sink.emit(createChunk({ reasoning_details: [toSealedDetail(sealed)] }));
    sink.emit(createChunk({}, reason));
    if (!includeUsage || event.usage === undefined) return;
    const usage = toChatUsage(event.usage);
    sink.emit({ id, object: "chat.completion.chunk", created, model, choices: [], usage });
  };

  let end: RunEnd | undefined;
  await run({
    ready: () => sink.ready?.(),
    emit(event) {
      if (event.type === "end") {
        end = event;
        return;
      }
      const chunk = event.type === "text" ? toTextChunk(event.text) : toChunk(event);
      if (chunk === undefined) return;
      open(event.type === "tool_call" ? null : "");
      sink.emit(chunk);
    },
  });
  if (end !== undefined) pushEnd(end);
}

/** Returns the delta of an event, or undefined if the event has none. */
function toDelta(
  event: NonTextEvent,
  { customTools }: CompletionMetadata,
  customCalls: Map<number, string>,
): Delta | undefined {
  switch (event.type) {
    case "thinking":
      return { reasoning_content: event.text };
    case "refusal":
      return { refusal: event.text };
    case "state": {
      const details = event.part === "thinking" ? readReasoningDetails(event.state) : [];
      return details.length === 0 ? undefined : { reasoning_details: [...details] };
    }
    case "tool_call_state": {
      const extra = readExtraContent(event.state);
      return extra.extra_content === undefined
        ? undefined
        : { tool_calls: [{ index: event.index, ...extra }] };
    }
    case "tool_call": {
      const { index, id, name } = event;
      if (!customTools.has(name))
        return { tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] };
      customCalls.set(index, "");
      return { tool_calls: [{ index, id, type: "custom", custom: { name, input: "" } }] };
    }
    case "tool_call_arguments": {
      const { index, fragment } = event;
      const argumentsSoFar = customCalls.get(index);
      if (argumentsSoFar === undefined) return { tool_calls: [{ index, function: { arguments: fragment } }] };
      customCalls.set(index, argumentsSoFar + fragment);
      return undefined;
    }
    default:
      return undefined;
  }
}
