/**
 * What the encrypted content of a reasoning item, or the signature of a thinking block, holds: thinking with all that its provider attached to it and to calls.
 * Clients keep it for the gateway, which sends it back to the provider with the next request.
 */
import type { AssistantPart, AssistantTurn, PartState } from "../agent/types.ts";

type ThinkingPart = Extract<AssistantPart, { type: "thinking" }>;

export interface SealedReasoning {
  /** The only model that can read the states; undefined when there are none. */
  readonly model?: string | undefined;
  readonly parts: readonly ThinkingPart[];
  /** The states of calls by call id. */
  readonly calls?: Readonly<Record<string, PartState>> | undefined;
  /** The parts precede all others of their turn, wherever the client has them. */
  readonly isFirst?: true | undefined;
}

/** Marks the JSON. Older gateways encrypted the text of the thinking alone. */
const format = "openclaw-reasoning-1";

export function serializeReasoning(reasoning: SealedReasoning): string {
  const hasState = reasoning.model !== undefined;
  return hasState ? JSON.stringify({ format, ...reasoning }) : joinText(reasoning);
}

/** `text` was decrypted, so the gateway has written it. */
export function parseReasoning(text: string): SealedReasoning {
  if (!text.startsWith(`{"format":"${format}"`)) return { parts: toThinking(text) };
  const { model, parts, calls, isFirst } = JSON.parse(text) as SealedReasoning;
  return { model, parts, calls, isFirst };
}

export const toThinking = (text: string): readonly ThinkingPart[] =>
  text === "" ? [] : [{ type: "thinking", text }];

const joinText = ({ parts }: SealedReasoning): string => parts.map(({ text }) => text).join("");

/** What a model wrote, and the reasoning that it was unsealed from, if it was. */
interface AssistantItem {
  readonly parts: readonly AssistantPart[];
  readonly reasoning?: SealedReasoning;
}

/** Joins the items to the turn, with all states that one model can read. */
export function toAssistantTurn(items: readonly AssistantItem[]): AssistantTurn {
  const reasonings = items.map(({ reasoning }) => reasoning).filter((reasoning) => reasoning !== undefined);
  const model = reasonings.findLast((reasoning) => reasoning.model !== undefined)?.model;
  if (model === undefined) return { role: "assistant", content: items.flatMap(({ parts }) => parts) };
  const callStates = new Map(
    reasonings.flatMap(({ model: sealedModel, calls }) =>
      sealedModel === model ? Object.entries(calls ?? {}) : [],
    ),
  );
  const content = items
    // What another model thought before is of no use to this one.
    .filter(({ reasoning }) => reasoning === undefined || reasoning.model === model)
    .flatMap(({ parts }) => parts)
    .map((part) => withCallState(part, callStates));
  return { role: "assistant", content, model };
}

function withCallState(part: AssistantPart, states: ReadonlyMap<string, PartState>): AssistantPart {
  if (part.type !== "tool_call") return part;
  const state = states.get(part.id);
  return state === undefined ? part : { ...part, state };
}
