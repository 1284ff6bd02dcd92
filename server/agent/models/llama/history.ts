/** The conversation as the library wants it: a call stands in the model's answer with its result, so turns melt into one. */
import { GatewayError } from "../../../errors.ts";
import type { AssistantTurn, ModelCall, Part } from "../../types.ts";
import { objectOf } from "../arguments.ts";
import type { HistoryItem, HistoryPart } from "./library.ts";

export function historyOf({ system, turns }: ModelCall): readonly HistoryItem[] {
  const history: HistoryItem[] = system === "" ? [] : [{ type: "system", text: system }];
  const calls = new Map<string, Exclude<HistoryPart, string>>();
  const lastAnswer = turns.findLastIndex((turn) => turn.role === "assistant");

  for (const [index, turn] of turns.entries()) {
    if (turn.role === "tool") {
      const call = calls.get(turn.callId);
      if (call !== undefined) call.result = textOf(turn.content);
    } else if (turn.role === "user") {
      if (index > lastAnswer) refuseImages(turn.content);
      history.push({ type: "user", text: textOf(turn.content) });
    } else {
      const parts = answerParts(turn, calls);
      const last = history.at(-1);
      if (last?.type === "model") last.response.push(...parts);
      else history.push({ type: "model", response: parts });
    }
  }
  return history;
}

function answerParts(turn: AssistantTurn, calls: Map<string, Exclude<HistoryPart, string>>): HistoryPart[] {
  const made = turn.calls.map(({ id, name, arguments: text }, index) => {
    const call = {
      type: "functionCall" as const,
      name,
      params: objectOf(text),
      result: "",
      startsNewChunk: index === 0,
    };
    calls.set(id, call);
    return call;
  });
  const text = turn.text || turn.refusal || "";
  return text === "" ? made : [text, ...made];
}

/** Of what is asked now. In older turns another model may have seen them. */
function refuseImages(content: readonly Part[]): void {
  if (content.every((part) => part.type === "text")) return;
  throw new GatewayError(
    "unsupported_value",
    "This model takes no images; leave them out, or ask another model.",
    { param: "messages" },
  );
}

const textOf = (parts: readonly Part[]): string =>
  parts
    .map((part) => (part.type === "text" ? part.text : "[an image, which this model cannot see]"))
    .join("\n");
