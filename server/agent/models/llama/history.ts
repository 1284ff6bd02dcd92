/** Converts the conversation to node-llama-cpp's history, where a tool call and its result are part of one model item. */
import { GatewayError } from "../../../lib/errors.ts";
import type { AssistantTurn, ModelCall, Part } from "../../types.ts";
import { parseArguments } from "../untrusted-json.ts";
import type { HistoryItem, HistoryPart } from "./library.ts";
import { getCalls, getText, textOfParts } from "../../parts.ts";

export function toHistory({ system, turns }: ModelCall): readonly HistoryItem[] {
  const history: HistoryItem[] = system === "" ? [] : [{ type: "system", text: system }];
  const calls = new Map<string, Exclude<HistoryPart, string>>();
  const lastAssistantIndex = turns.findLastIndex((turn) => turn.role === "assistant");

  for (const [index, turn] of turns.entries()) {
    if (turn.role === "tool") {
      const call = calls.get(turn.callId);
      if (call !== undefined) call.result = toText(turn.content);
    } else if (turn.role !== "assistant") {
      if (index > lastAssistantIndex) rejectImages(turn.content);
      history.push({ type: turn.role, text: toText(turn.content) });
    } else {
      const parts = toResponseParts(turn, calls);
      const last = history.at(-1);
      if (last?.type === "model") last.response.push(...parts);
      else history.push({ type: "model", response: parts });
    }
  }
  return history;
}

function toResponseParts(
  turn: AssistantTurn,
  calls: Map<string, Exclude<HistoryPart, string>>,
): HistoryPart[] {
  const functionCalls = getCalls(turn).map(({ id, name, arguments: text }, index) => {
    const call = {
      type: "functionCall" as const,
      name,
      params: parseArguments(text),
      result: "",
      startsNewChunk: index === 0,
    };
    calls.set(id, call);
    return call;
  });
  const text = getText(turn) || getText(turn, "refusal");
  return text === "" ? functionCalls : [text, ...functionCalls];
}

/** Rejects images after the last reply. Earlier images may have been for another model. */
function rejectImages(content: readonly Part[]): void {
  if (content.every((part) => part.type === "text")) return;
  throw new GatewayError(
    "unsupported_value",
    "This model does not support images; leave them out, or use another model.",
    { param: "messages" },
  );
}

const toText = (parts: readonly Part[]): string =>
  textOfParts(parts, { image: () => "[an image, which this model cannot see]" });
