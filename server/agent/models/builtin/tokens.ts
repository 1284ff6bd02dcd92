/** The built-in model's tokens: up to eight characters of a word, with the space before them. */
import { getCalls, getText } from "../../parts.ts";
import type { ModelCall, Part } from "../../types.ts";

const tokenPattern = /\s{0,8}\S{1,8}|\s{1,8}/gu;

/** Tokens of an image of any size. */
const imageTokens = 256;

/** Yields the tokens of a text. Joined, they are the text again. */
export function* tokenize(text: string): Generator<string> {
  for (const [token] of text.matchAll(tokenPattern)) yield token;
}

/** Yields `1 2 3 …` up to `length`: text of any length that needs no memory, and in which a gap is visible. */
export function* countTo(length: number): Generator<string> {
  for (let n = 1; n <= length; n++) yield n === 1 ? "1" : ` ${n}`;
}

export function* takeTokens(tokens: Iterable<string>, limit: number): Generator<string> {
  let taken = 0;
  if (limit === 0) return;
  for (const text of tokens) {
    yield text;
    if (++taken === limit) return;
  }
}

/** Counts the tokens of everything that the call sends: instructions, turns, tools, response schema. */
export function countInputTokens(call: ModelCall): number {
  let sum = countTokens(call.system);
  for (const turn of call.turns) {
    if (turn.role !== "assistant") {
      for (const part of turn.content) sum += countPartTokens(part);
    } else {
      sum += countTokens(getText(turn));
      for (const toolCall of getCalls(turn))
        sum += countTokens(toolCall.name) + countTokens(toolCall.arguments);
    }
  }
  if (call.tools.length > 0) sum += countTokens(JSON.stringify(call.tools));
  if (call.responseFormat?.type === "json_schema")
    sum += countTokens(JSON.stringify(call.responseFormat.schema));
  return sum;
}

const countPartTokens = (part: Part): number => (part.type === "text" ? countTokens(part.text) : imageTokens);

function countTokens(text: string): number {
  let tokens = 0;
  for (const _ of text.matchAll(tokenPattern)) tokens++;
  return tokens;
}
