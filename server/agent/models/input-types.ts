/** A model that reads text only: images of its requests are rejected, older ones are replaced by a note. */
import { GatewayError } from "../../lib/errors.ts";
import type { Model, ModelCall, Part, Turn } from "../types.ts";

const note = { type: "text", text: "[an image, which this model cannot see]" } as const;

/** @param input what the model reads; undefined if nothing is known of it */
export function withInputTypes(model: Model, input: readonly string[] | undefined): Model {
  if (input === undefined || input.includes("image")) return model;
  return (call, sink, signal) => {
    const lastReply = call.turns.findLastIndex(({ role }) => role === "assistant");
    if (call.turns.some((turn, index) => index > lastReply && hasImage(turn))) {
      const error = new GatewayError(
        "unsupported_value",
        "This model does not support images; leave them out, or use another model.",
        { param: "messages" },
      );
      sink.emit({ type: "error", error });
      return Promise.resolve();
    }
    return model(call.turns.some(hasImage) ? replaceImages(call) : call, sink, signal);
  };
}

const hasImage = (turn: Turn): boolean => turn.content.some(({ type }) => (type as string) === "image");

function replaceImages(call: ModelCall): ModelCall {
  const toText = (part: Part): Part => (part.type === "image" ? note : part);
  const replaceIn = (turn: Turn): Turn =>
    turn.role === "user" || turn.role === "tool" ? { ...turn, content: turn.content.map(toText) } : turn;
  return { ...call, turns: call.turns.map(replaceIn) };
}
