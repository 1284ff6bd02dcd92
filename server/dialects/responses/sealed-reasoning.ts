/**
 * What the encrypted content of a reasoning item holds: thinking with all that its provider attached to it and to calls.
 * Clients keep it for the gateway, which sends it back to the provider with the next request.
 */
import type { AssistantPart, PartState } from "../../agent/types.ts";

type ThinkingPart = Extract<AssistantPart, { type: "thinking" }>;

export interface SealedReasoning {
  /** The only model that can read the states; undefined when there are none. */
  readonly model?: string | undefined;
  readonly parts: readonly ThinkingPart[];
  /** The states of calls by call id. */
  readonly calls?: Readonly<Record<string, PartState>> | undefined;
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
  const { model, parts, calls } = JSON.parse(text) as SealedReasoning;
  return { model, parts, calls };
}

export const toThinking = (text: string): readonly ThinkingPart[] =>
  text === "" ? [] : [{ type: "thinking", text }];

const joinText = ({ parts }: SealedReasoning): string => parts.map(({ text }) => text).join("");
