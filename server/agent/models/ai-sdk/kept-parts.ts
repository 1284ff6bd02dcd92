/** How a model's turn was put together, kept with it, so that the provider gets its own marks back where it set them. */
import type { LanguageModelV4Message, SharedV4ProviderMetadata } from "@ai-sdk/provider";
import type { AssistantTurn, ProviderState, ToolCall } from "../../types.ts";
import { asList } from "../wire.ts";
import { objectOf } from "../arguments.ts";
import { wireId } from "./wire-id.ts";

type AssistantPart = Extract<LanguageModelV4Message, { role: "assistant" }>["content"][number];

/** A stretch of the turn's thinking or text, which the turn itself has, or one of its calls. */
interface KeptPart {
  readonly kind: "thinking" | "text" | "call";
  /** The call's; of a stretch only within its answer. */
  readonly id: string;
  from: number;
  length: number;
  /** In the provider's own words. */
  marks?: SharedV4ProviderMetadata;
}

export interface PartKeeper {
  add(kind: KeptPart["kind"], id: string, length: number, marks: SharedV4ProviderMetadata | undefined): void;
  /** So much was told that belongs to no part. */
  skip(kind: KeptPart["kind"], length: number): void;
  /** Nothing where the provider has set no marks that it would miss. */
  state(model: string): ProviderState | undefined;
}

export function createPartKeeper(): PartKeeper {
  const parts: KeptPart[] = [];
  const told = { thinking: 0, text: 0, call: 0 };
  return {
    add(kind, id, length, marks) {
      let part = parts.find((part) => part.kind === kind && part.id === id);
      if (part === undefined) parts.push((part = { kind, id, from: 0, length: 0 }));
      if (part.length === 0) part.from = told[kind];
      part.length += length;
      told[kind] += length;
      if (marks !== undefined) part.marks = marks;
    },
    skip(kind, length) {
      told[kind] += length;
    },
    state: (model) => (parts.some(isMarked) ? { model, data: parts } : undefined),
  };
}

/** An id alone means nothing to a provider that stores nothing. */
const isMarked = ({ marks }: KeptPart): boolean =>
  Object.values(marks ?? {}).some((own) =>
    Object.entries(own).some(([key, value]) => key !== "itemId" && value !== null && value !== undefined),
  );

/** Has this model thought in the turn, and can it be told so? */
export const hasThought = (turn: AssistantTurn, model: string): boolean =>
  keptIn(turn, model).some(({ kind }) => kind === "thinking");

/** The turn as its own model made it; to any other one its thinking is not told. */
export function assistantParts(turn: AssistantTurn, model: string): AssistantPart[] {
  const calls = new Map(turn.calls.map((call) => [call.id, call]));
  const said: AssistantPart[] = [];
  let told = 0;
  for (const { kind, id, from, length, marks } of keptIn(turn, model)) {
    const own = marks === undefined ? {} : { providerOptions: marks };
    const call = calls.get(id);
    if (kind === "thinking") {
      const text = (turn.thinking ?? "").slice(from, from + length);
      said.push({ type: "reasoning", text, ...own });
    } else if (kind === "text") {
      const text = turn.text.slice(from, from + length);
      told = from + length;
      // Without text only Google sets marks: the signature of what came before.
      if (text !== "" || marks?.["google"] !== undefined) said.push({ type: "text", text, ...own });
    } else if (call !== undefined) {
      calls.delete(id);
      said.push({ ...callPart(call), ...own });
    }
  }
  const rest = [turn.text.slice(told), turn.refusal ?? ""].filter((text) => text !== "");
  return [
    ...said,
    ...rest.map((text) => ({ type: "text" as const, text })),
    ...[...calls.values()].map(callPart),
  ];
}

const keptIn = ({ state }: AssistantTurn, model: string): readonly KeptPart[] =>
  state?.model === model ? (asList(state.data) as readonly KeptPart[]) : [];

const callPart = ({ id, name, arguments: text }: ToolCall): AssistantPart => ({
  type: "tool-call",
  toolCallId: wireId(id),
  toolName: name,
  input: objectOf(text),
});
