/**
 * The order of the parts of a model's turn, stored with the turn together with the provider's metadata of each part. When
 * the turn is sent back, the provider receives its signed or encrypted thinking in its original place.
 */
import { createHash } from "node:crypto";
import type { LanguageModelV4Message, SharedV4ProviderMetadata } from "@ai-sdk/provider";
import type { AssistantTurn, ProviderState, ToolCall } from "../../types.ts";
import { asList, parseArguments } from "../untrusted-json.ts";

type AssistantPart = Extract<LanguageModelV4Message, { role: "assistant" }>["content"][number];

/** A range of the turn's thinking or text, or one of its calls. Stored as JSON: the field names must not change. */
interface StoredPart {
  readonly kind: "thinking" | "text" | "call";
  /** The call's id, or the provider's id of a range, which is unique within the response only. */
  readonly id: string;
  from: number;
  length: number;
  /** The provider's metadata, unchanged. */
  marks?: SharedV4ProviderMetadata;
}

export interface PartRecorder {
  add(
    kind: StoredPart["kind"],
    id: string,
    length: number,
    metadata: SharedV4ProviderMetadata | undefined,
  ): void;
  /** Counts text of the turn that belongs to no part. */
  skip(kind: StoredPart["kind"], length: number): void;
  /** Undefined when no part has metadata that the provider needs back. */
  state(model: string): ProviderState | undefined;
}

export function createPartRecorder(): PartRecorder {
  const parts: StoredPart[] = [];
  const offsets = { thinking: 0, text: 0, call: 0 };
  return {
    add(kind, id, length, metadata) {
      let part = parts.find((part) => part.kind === kind && part.id === id);
      if (part === undefined) parts.push((part = { kind, id, from: 0, length: 0 }));
      if (part.length === 0) part.from = offsets[kind];
      part.length += length;
      offsets[kind] += length;
      if (metadata !== undefined) part.marks = metadata;
    },
    skip(kind, length) {
      offsets[kind] += length;
    },
    state: (model) => (parts.some(hasMetadata) ? { model, data: parts } : undefined),
  };
}

/** An item id alone is of no use: the gateway asks providers to store nothing. */
const hasMetadata = ({ marks }: StoredPart): boolean =>
  Object.values(marks ?? {}).some((entries) =>
    Object.entries(entries).some(([key, value]) => key !== "itemId" && value !== null && value !== undefined),
  );

/** Whether the turn has thinking that can be sent back to this model. */
export const hasThought = (turn: AssistantTurn, model: string): boolean =>
  readStoredParts(turn, model).some(({ kind }) => kind === "thinking");

/** The turn in its original order. Its thinking is sent only to the model that produced it. */
export function toAssistantParts(turn: AssistantTurn, model: string): AssistantPart[] {
  const calls = new Map(turn.calls.map((call) => [call.id, call]));
  const result: AssistantPart[] = [];
  let textEnd = 0;
  for (const { kind, id, from, length, marks } of readStoredParts(turn, model)) {
    const options = marks === undefined ? {} : { providerOptions: marks };
    const call = calls.get(id);
    if (kind === "thinking") {
      const text = (turn.thinking ?? "").slice(from, from + length);
      result.push({ type: "reasoning", text, ...options });
    } else if (kind === "text") {
      const text = turn.text.slice(from, from + length);
      textEnd = from + length;
      // Google attaches the signature of the preceding part to an empty text.
      if (text !== "" || marks?.["google"] !== undefined) result.push({ type: "text", text, ...options });
    } else if (call !== undefined) {
      calls.delete(id);
      result.push({ ...toCallPart(call), ...options });
    }
  }
  const remainingTexts = [turn.text.slice(textEnd), turn.refusal ?? ""].filter((text) => text !== "");
  return [
    ...result,
    ...remainingTexts.map((text) => ({ type: "text" as const, text })),
    ...[...calls.values()].map(toCallPart),
  ];
}

const readStoredParts = ({ state }: AssistantTurn, model: string): readonly StoredPart[] =>
  state?.model === model ? (asList(state.data) as readonly StoredPart[]) : [];

const toCallPart = ({ id, name, arguments: text }: ToolCall): AssistantPart => ({
  type: "tool-call",
  toolCallId: toSafeCallId(id),
  toolName: name,
  input: parseArguments(text),
});

/** A call id that every API accepts. A conversation may contain ids that another provider or a client made. */
export function toSafeCallId(id: string): string {
  if (/^[\w-]{1,64}$/.test(id)) return id;
  return `call_${createHash("sha256").update(id).digest("hex").slice(0, 40)}`;
}
