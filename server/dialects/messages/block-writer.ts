/**
 * Writes the content blocks of a message as events. One block is open at a time, and the index of each is one more than that
 * of the block before it. What belongs to a later block waits until the open one is complete.
 */
import type { MessagesEvent } from "../../../contracts/http/messages/events.ts";
import type { AssistantPart, PartState, RunEvent } from "../../agent/types.ts";
import type { SealedReasoning } from "../sealed-reasoning.ts";
import { createSequencedDeltaTemplate, type SerializedEvent } from "../preserialized.ts";
import { createJsonObjectWriter, type JsonObjectWriter } from "./json-object-writer.ts";

export interface BlockOptions {
  /** `hidden`: no thinking blocks. What a provider needs back goes along with calls. */
  readonly thinking: "text" | "omitted" | "hidden";
  readonly seal: (reasoning: SealedReasoning) => string;
  /** Returns the client's name of a tool that the model knows by another one. */
  readonly toClientToolName: (name: string) => string;
}

export type OutgoingEvent = MessagesEvent | SerializedEvent<MessagesEvent>;

export interface BlockWriter {
  push(event: RunEvent): void;
  /** Ends all blocks. */
  finish(): void;
}

type ThinkingPart = Extract<AssistantPart, { type: "thinking" }>;
type StartedBlock = Extract<MessagesEvent, { type: "content_block_start" }>["content_block"];
type Delta = Extract<MessagesEvent, { type: "content_block_delta" }>["delta"];

/** A block that is open or waits. `pending` is what its next delta has. */
type Block = { pending: string } & (
  | { readonly type: "text"; isEnded: boolean }
  | { readonly type: "thinking"; text: string; model?: string; state?: PartState; isEnded: boolean }
  | { readonly type: "redacted_thinking"; readonly reasoning: SealedReasoning }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly json: JsonObjectWriter }
);
type BlockOf<T extends Block["type"]> = Extract<Block, { type: T }>;

/** Most events of a stream are these: a template costs less than an object. */
const serializeTextDelta = createSequencedDeltaTemplate<MessagesEvent>((index, text) => ({
  type: "content_block_delta",
  index,
  delta: { type: "text_delta", text },
}));

/** `isSerialized`: text is emitted as JSON. */
export function createBlockWriter(
  emit: (event: OutgoingEvent) => void,
  options: BlockOptions,
  isSerialized: boolean,
): BlockWriter {
  /** The first one is open. */
  const blocks: Block[] = [];
  const calls = new Map<number, BlockOf<"tool_use">>();
  const callStates: Record<string, PartState> = {};
  let callStateModel: string | undefined;
  let index = 0;
  /** Thinking that the client has not asked to see. */
  let hiddenParts: ThinkingPart[] = [];
  let hiddenModel: string | undefined;

  const flush = (block: Block): void => {
    const { pending } = block;
    if (pending === "") return;
    block.pending = "";
    if (isSerialized && block.type === "text") emit(serializeTextDelta(index, pending));
    else emit({ type: "content_block_delta", index, delta: toDelta(block.type, pending) });
  };
  const open = (block: Block): void => {
    emit({ type: "content_block_start", index, content_block: startBlock(block, options) });
    flush(block);
  };
  const closeFirst = (): void => {
    const block = blocks.shift();
    if (block?.type === "thinking") {
      const signature = options.seal(toReasoning(block));
      emit({ type: "content_block_delta", index, delta: { type: "signature_delta", signature } });
    }
    emit({ type: "content_block_stop", index });
    index += 1;
    if (blocks[0] !== undefined) open(blocks[0]);
  };
  /** Closes complete blocks before the last one. */
  const advance = (): void => {
    while (blocks.length > 1 && blocks[0] !== undefined && isComplete(blocks[0])) closeFirst();
  };
  const add = <T extends Block>(block: T): T => {
    blocks.push(block);
    if (blocks.length === 1) open(block);
    else advance();
    return block;
  };
  const append = (block: Block, text: string): void => {
    block.pending += text;
    if (block === blocks[0]) flush(block);
  };

  const appendText = (text: string): void => {
    const last = blocks.at(-1);
    const block =
      last?.type === "text" && !last.isEnded ? last : add({ type: "text", pending: "", isEnded: false });
    append(block, text);
  };
  const appendThinking = (text: string): void => {
    if (options.thinking === "hidden") return appendHidden(text);
    const block = findOpenThinking() ?? addThinking();
    block.text += text;
    if (options.thinking === "text") append(block, text);
  };
  const findOpenThinking = (): BlockOf<"thinking"> | undefined => {
    const last = blocks.at(-1);
    return last?.type === "thinking" && !last.isEnded ? last : undefined;
  };
  const addThinking = (): BlockOf<"thinking"> =>
    add({ type: "thinking", pending: "", text: "", isEnded: false });
  const appendHidden = (text: string): void => {
    const last = hiddenParts.at(-1);
    if (last === undefined || last.state !== undefined) hiddenParts.push({ type: "thinking", text });
    else hiddenParts[hiddenParts.length - 1] = { ...last, text: last.text + text };
  };
  const addThinkingState = (model: string, state: PartState): void => {
    if (options.thinking === "hidden") {
      appendHidden("");
      hiddenModel = model;
      hiddenParts = hiddenParts.map((part, at) =>
        at === hiddenParts.length - 1 ? { ...part, state } : part,
      );
      return;
    }
    const block = findOpenThinking();
    if (block !== undefined) Object.assign(block, { model, state, isEnded: true });
    else addRedacted({ model, parts: [{ type: "thinking", text: "", state }] });
  };
  const addRedacted = (reasoning: SealedReasoning): void =>
    void add({ type: "redacted_thinking", pending: "", reasoning });

  const startCall = ({ index: callIndex, id, name }: Extract<RunEvent, { type: "tool_call" }>): void => {
    if (hiddenParts.length > 0) addRedacted({ model: hiddenModel, parts: hiddenParts, isFirst: true });
    hiddenParts = [];
    const json = createJsonObjectWriter();
    const clientName = options.toClientToolName(name);
    calls.set(callIndex, add({ type: "tool_use", pending: "", id, name: clientName, json }));
  };
  const appendArguments = (callIndex: number, fragment: string): void => {
    const block = calls.get(callIndex);
    if (block === undefined) return;
    append(block, block.json.push(fragment));
    advance();
  };
  /** The text after the agent's own tools is a block of its own. */
  const endText = (): void => {
    const last = blocks.at(-1);
    if (last?.type === "text" || last?.type === "thinking") last.isEnded = true;
  };

  return {
    push(event) {
      switch (event.type) {
        case "text":
        case "refusal":
          return event.text === "" ? undefined : appendText(event.text);
        case "thinking":
          return appendThinking(event.text);
        case "state":
          return event.part === "thinking" ? addThinkingState(event.model, event.state) : undefined;
        case "tool_call":
          return startCall(event);
        case "tool_call_arguments":
          return appendArguments(event.index, event.fragment);
        case "tool_call_state": {
          const id = calls.get(event.index)?.id;
          callStateModel = event.model;
          if (id !== undefined) callStates[id] = event.state;
          return;
        }
        case "step":
          return endText();
        default:
          return;
      }
    },
    finish() {
      for (const block of calls.values()) append(block, block.json.finish());
      advance();
      if (callStateModel !== undefined) addRedacted({ model: callStateModel, parts: [], calls: callStates });
      while (blocks.length > 0) closeFirst();
    },
  };
}

const isComplete = (block: Block): boolean => block.type !== "tool_use" || block.json.isComplete();

function startBlock(block: Block, { seal }: BlockOptions): StartedBlock {
  switch (block.type) {
    case "text":
      return { type: "text", text: "", citations: null };
    case "thinking":
      return { type: "thinking", thinking: "", signature: "" };
    case "redacted_thinking":
      return { type: "redacted_thinking", data: seal(block.reasoning) };
    case "tool_use":
      return { type: "tool_use", id: block.id, name: block.name, input: {}, caller: { type: "direct" } };
  }
}

function toDelta(type: Block["type"], pending: string): Delta {
  if (type === "tool_use") return { type: "input_json_delta", partial_json: pending };
  return type === "thinking"
    ? { type: "thinking_delta", thinking: pending }
    : { type: "text_delta", text: pending };
}

const toReasoning = ({ text, model, state }: BlockOf<"thinking">): SealedReasoning => ({
  model,
  parts: [{ type: "thinking", text, ...(state === undefined ? {} : { state }) }],
});
