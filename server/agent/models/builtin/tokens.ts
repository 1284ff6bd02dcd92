/** The built-in model's tokens: a word of at most eight characters with the space before it; longer words are several. */
import type { ModelCall, Part } from "../../types.ts";

const token = /\s{0,8}\S{1,8}|\s{1,8}/gu;

/** What an image counts, whatever its size. */
const imageTokens = 256;

/** The tokens of a text, lazily; joined they are the text again. */
export function* tokensOf(text: string): Generator<string> {
  for (const [piece] of text.matchAll(token)) yield piece;
}

/** `1 2 3 …` up to `length`: text of any size without holding it, and its reader sees what is missing. */
export function* counting(length: number): Generator<string> {
  for (let n = 1; n <= length; n++) yield n === 1 ? "1" : ` ${n}`;
}

export function* take(tokens: Iterable<string>, most: number): Generator<string> {
  let taken = 0;
  if (most === 0) return;
  for (const piece of tokens) {
    yield piece;
    if (++taken === most) return;
  }
}

/** Everything that the call sends: instructions, turns, tools, the schema of the reply. */
export function inputTokens(call: ModelCall): number {
  let sum = count(call.system);
  for (const turn of call.turns) {
    if (turn.role !== "assistant") {
      for (const part of turn.content) sum += countPart(part);
    } else {
      sum += count(turn.text);
      for (const made of turn.calls) sum += count(made.name) + count(made.arguments);
    }
  }
  if (call.tools.length > 0) sum += count(JSON.stringify(call.tools));
  if (call.responseFormat?.type === "json_schema") sum += count(JSON.stringify(call.responseFormat.schema));
  return sum;
}

const countPart = (part: Part): number => (part.type === "text" ? count(part.text) : imageTokens);

function count(text: string): number {
  let tokens = 0;
  for (const _ of text.matchAll(token)) tokens++;
  return tokens;
}
