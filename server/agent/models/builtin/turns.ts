/** How the built-in model reads turns. */
import type { ModelCall, ToolTurn, Turn } from "../../types.ts";
import { getText, textOfParts } from "../../parts.ts";

/** Rules search the first characters of a message only, so that the cost of a message is bounded. */
export const maxSearchedCharacters = 4_000;

export function readTurnText(turn: Turn): string {
  if (turn.role === "assistant") return getText(turn);
  return textOfParts(turn.content, { image: () => "" });
}

/** Returns the words in lower case. An apostrophe belongs to a word only inside it. */
export function splitWords(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_-]+(?:['’][\p{L}\p{N}_-]+)*/gu) ?? [];
}

export function countImages(turn: Turn): number {
  return turn.content.filter((part) => part.type === "image").length;
}

/** Returns the tool results at the end of the conversation: those of the last step. */
export function findLastResults(call: ModelCall): readonly ToolTurn[] {
  const end = call.turns.findLastIndex((turn) => turn.role !== "tool") + 1;
  return call.turns.slice(end).filter((turn) => turn.role === "tool");
}
