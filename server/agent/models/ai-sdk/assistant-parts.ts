/**
 * The blocks of a provider's thinking and text, stored as the state of the turn's parts together with the provider's
 * metadata. When the turn is sent back, the provider receives its signed or encrypted thinking in its original place.
 */
import { createHash } from "node:crypto";
import type { LanguageModelV4Message, SharedV4ProviderMetadata } from "@ai-sdk/provider";
import type {
  AssistantPart,
  AssistantTurn,
  CacheControl,
  ModelEvent,
  PartState,
  ToolCall,
} from "../../types.ts";
import { unwrapCustomInput } from "../../custom-tools.ts";
import type { Target } from "./api.ts";
import { asList, parseArguments } from "../untrusted-json.ts";

type PromptPart = Extract<LanguageModelV4Message, { role: "assistant" }>["content"][number];
type Metadata = SharedV4ProviderMetadata | undefined;

/** A range of the text of a part. What lies between two blocks separates them. Stored: the field names must not change. */
interface Block {
  from: number;
  length: number;
  /** The provider's metadata, unchanged. */
  metadata?: SharedV4ProviderMetadata;
}

export interface PartRecorder {
  /** Adds text to the block with the provider's id, after a separator. Returns the state of the part that this ends. */
  addText(
    type: "thinking" | "text",
    id: string,
    length: number,
    metadata: Metadata,
    separatorLength?: number,
  ): readonly ModelEvent[];
  /** Ends the open part, and returns its state. */
  endPart(): readonly ModelEvent[];
}

/** `model` is the key of the model that the state can be sent back to. */
export function createPartRecorder(model: string): PartRecorder {
  let type: "thinking" | "text" = "text";
  let blocks = new Map<string, Block>();
  let length = 0;

  let hasUsefulBlock = false;
  const endPart = (): readonly ModelEvent[] => {
    const ended = [...blocks.values()];
    blocks = new Map();
    length = 0;
    hasUsefulBlock ||=
      type === "thinking" ? ended.length > 0 : ended.some(({ metadata }) => hasMetadata(metadata));
    const hasState =
      hasUsefulBlock && ended.some(({ metadata }) => type === "thinking" || metadata !== undefined);
    return hasState ? [{ type: "state", model, part: type, state: { blocks: ended } }] : [];
  };
  return {
    addText(nextType, id, addedLength, metadata, separatorLength = 0) {
      // The end of a block that belongs to an earlier part.
      if (nextType !== type && addedLength === 0 && metadata === undefined) return [];
      const events = nextType === type ? [] : endPart();
      type = nextType;
      const block = blocks.get(id) ?? { from: length, length: 0 };
      blocks.set(id, block);
      length += separatorLength;
      if (block.length === 0) block.from = length;
      block.length += addedLength;
      length += addedLength;
      if (metadata !== undefined) block.metadata = metadata;
      return events;
    },
    endPart,
  };
}

/** An item id alone is of no use: the gateway asks providers to store nothing. */
const hasMetadata = (metadata: Metadata): boolean =>
  Object.values(metadata ?? {}).some((entries) =>
    Object.entries(entries).some(([key, value]) => key !== "itemId" && value !== null && value !== undefined),
  );

const readBlocks = (part: AssistantPart): readonly Block[] =>
  part.type === "refusal" ? [] : (asList(part.state?.["blocks"]) as readonly Block[]);

/** The state of a call. */
export const toCallState = (metadata: SharedV4ProviderMetadata): PartState => ({ metadata });

const readCallMetadata = ({ state }: ToolCall): Metadata => state?.["metadata"] as Metadata;

/** Whether the turn has thinking that can be sent back to this model. */
export const hasThought = (turn: AssistantTurn, model: string): boolean =>
  turn.model === model &&
  turn.content.some(
    (part) => part.type === "thinking" && readBlocks(part).some(({ metadata }) => hasMetadata(metadata)),
  );

/**
 * The parts of the turn in their order. Thinking is sent only to the model that wrote it, and only with the text or call after
 * it: APIs reject a message that ends in thinking.
 */
export function toAssistantParts(turn: AssistantTurn, target: PromptTarget): PromptPart[] {
  const isOwn = turn.model === target.key && turn.content.some(hasUsefulState);
  const parts = turn.content.flatMap((part) => toPromptParts(part, isOwn, target));
  return parts.slice(0, parts.findLastIndex(({ type }) => type !== "reasoning") + 1);
}

/** The model that a prompt is for. */
export interface PromptTarget extends Pick<Target, "key" | "supportsPhases"> {
  /** Names of the tools whose input is a text. */
  readonly textTools: ReadonlySet<string>;
}

const hasUsefulState = (part: AssistantPart): boolean =>
  part.type === "tool_call"
    ? hasMetadata(readCallMetadata(part))
    : readBlocks(part).some(({ metadata }) => hasMetadata(metadata));

function toPromptParts(
  part: AssistantPart,
  isOwn: boolean,
  { supportsPhases, textTools }: PromptTarget,
): readonly PromptPart[] {
  if (part.type === "tool_call") {
    const metadata = isOwn ? readCallMetadata(part) : undefined;
    return [{ ...toCallPart(part, textTools), ...toOptions(metadata, part.cacheControl) }];
  }
  const blocks = isOwn ? readBlocks(part) : [];
  if (part.type === "thinking")
    return blocks.map((block): PromptPart => ({ type: "reasoning", ...readBlock(part.text, block) }));
  if (blocks.length === 0) {
    if (part.text === "") return [];
    const phase = part.type === "text" && supportsPhases ? part.phase : undefined;
    return [
      {
        type: "text",
        text: part.text,
        ...toOptions(phase && { openai: { phase } }, readPartCacheControl(part)),
      },
    ];
  }
  return (
    blocks
      // Google attaches the signature of the preceding part to an empty text.
      .filter(({ length, metadata }) => length > 0 || metadata?.["google"] !== undefined)
      .map((block): PromptPart => ({ type: "text", ...readBlock(part.text, block) }))
  );
}

const readBlock = (text: string, { from, length, metadata }: Block) => ({
  text: text.slice(from, from + length),
  ...toOptions(metadata),
});

function toOptions(metadata: Metadata, cacheControl?: CacheControl) {
  const providerOptions = { ...metadata, ...toCacheOptions(cacheControl) };
  return Object.keys(providerOptions).length === 0 ? {} : { providerOptions };
}

const readPartCacheControl = (part: AssistantPart): CacheControl | undefined =>
  part.type === "text" ? part.cacheControl : undefined;

/** The options of a block that has a breakpoint. Packages of other APIs do not read them. */
export const toCacheOptions = (
  cacheControl: CacheControl | undefined,
): SharedV4ProviderMetadata | undefined =>
  cacheControl && { anthropic: { cacheControl: { ...cacheControl } } };

const toCallPart = (
  { id, name, arguments: text }: ToolCall,
  textTools: ReadonlySet<string>,
): Extract<PromptPart, { type: "tool-call" }> => ({
  type: "tool-call",
  toolCallId: toSafeCallId(id),
  toolName: name,
  input: textTools.has(name) ? unwrapCustomInput(text) : parseArguments(text),
});

/** A call id that every API accepts. A conversation may contain ids that another provider or a client made. */
export function toSafeCallId(id: string): string {
  if (/^[\w-]{1,64}$/.test(id)) return id;
  return `call_${createHash("sha256").update(id).digest("hex").slice(0, 40)}`;
}
