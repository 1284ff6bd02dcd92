/** What a turn holds, as the built-in model reads it. */
import type { ModelCall, ToolTurn, Turn } from "../../types.ts";

/** Characters of a message in which rules look for words; what a message costs stays bounded. */
export const searched = 4_000;

export function textOf(turn: Turn): string {
  if (turn.role === "assistant") return turn.text;
  return turn.content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
}

/** In small letters; an apostrophe counts inside a word only. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_-]+(?:['’][\p{L}\p{N}_-]+)*/gu) ?? [];
}

export function imagesIn(turn: Turn): number {
  return turn.role === "assistant" ? 0 : turn.content.filter((part) => part.type === "image").length;
}

/** The results that the conversation ends with: those of the last step. */
export function lastResults(call: ModelCall): readonly ToolTurn[] {
  const end = call.turns.findLastIndex((turn) => turn.role !== "tool") + 1;
  return call.turns.slice(end).filter((turn) => turn.role === "tool");
}
