/** Turns of a model, for tests in which the order of their parts does not matter. */
import { getText, toAssistantContent } from "../../../server/agent/parts.ts";
import type { AssistantTurn, Turn } from "../../../server/agent/types.ts";

export const modelTurn = (content: Parameters<typeof toAssistantContent>[0]): AssistantTurn => ({
  role: "assistant",
  content: toAssistantContent(content),
});

export const readText = (turn: Turn | undefined): string => {
  if (turn === undefined) return "";
  if (turn.role === "assistant") return getText(turn);
  return turn.content.map((part) => (part.type === "text" ? part.text : "")).join("");
};
