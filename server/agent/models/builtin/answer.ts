/** Decides what the built-in model answers to a call: commands before plain words. */
import type { ModelCall, ResponseFormat } from "../../types.ts";
import type { Directions, Ending, RequestedCall } from "./commands.ts";
import { directionsOf } from "./directions.ts";
import { isJsonObject } from "./json-object.ts";
import { replyFrom, replyTo } from "./replies.ts";
import { sampleSchema } from "./sample-schema.ts";
import { take, tokensOf } from "./tokens.ts";
import { planCalls } from "./tool-calls.ts";
import { lastResults, textOf } from "./turns.ts";

export interface Answer {
  readonly thinking: string;
  /** Token by token. */
  readonly text: Iterable<string>;
  readonly refusal: string;
  readonly calls: readonly RequestedCall[];
  readonly pauseMs: number;
  readonly ending: Ending;
}

/** Tokens of a reply that a JSON answer can hold, and characters of it that one string of a schema does. */
const jsonTokens = 1_000;
const jsonString = 200;

export function answerTo(call: ModelCall): Answer {
  const last = call.turns.findLast((turn) => turn.role === "user");
  const message = last === undefined ? "" : textOf(last);
  const directions = directionsOf(message);
  const answer: Answer = {
    thinking: directions?.thinking ?? thinkingOf(call, directions),
    text: [],
    refusal: "",
    calls: [],
    pauseMs: directions?.pauseMs ?? 0,
    ending: { type: "finish", reason: "stop" },
  };

  if (mayCall(call, directions)) {
    const plan = planCalls(call, directions === undefined ? message : "", directions?.calls ?? []);
    if ("refused" in plan) return { ...answer, text: shaped(tokensOf(plan.refused), call.responseFormat) };
    if (plan.calls.length > 0) return { ...answer, calls: plan.calls };
  }
  const text = shaped(replyWords(call, directions, message), call.responseFormat);
  return {
    ...answer,
    text: directions?.after === undefined ? text : take(text, directions.after),
    refusal: directions?.refusal ?? "",
    ending: directions?.ending ?? answer.ending,
  };
}

/** Results are answered in text, unless the tool choice wants another call; a fault that was asked for goes before that. */
function mayCall(call: ModelCall, directions: Directions | undefined): boolean {
  const answered = lastResults(call).length > 0;
  const requested = !answered && (directions?.calls ?? []).length > 0;
  const forced = call.toolChoice === "required" || typeof call.toolChoice === "object";
  return requested || (directions?.ending === undefined && (forced || !answered));
}

function replyWords(call: ModelCall, directions: Directions | undefined, message: string): Iterable<string> {
  if (directions?.words !== undefined) return directions.words;
  const results = lastResults(call);
  if (results.length > 0 && directions?.ending === undefined) return tokensOf(replyFrom(call, results));
  return directions === undefined ? tokensOf(replyTo(call, message)) : (directions.fallback ?? []);
}

function thinkingOf(call: ModelCall, directions: Directions | undefined): string {
  const asked = call.thinking !== undefined && call.thinking !== "off";
  return asked && directions?.ending === undefined ? "I look for a command, then for a rule that fits." : "";
}

/** The words in the format that the request asks for; no words stay no words. */
function shaped(words: Iterable<string>, format: ResponseFormat | undefined): Iterable<string> {
  if (format === undefined) return words;
  const text = [...take(words, jsonTokens)].join("");
  if (text === "") return [];
  if (format.type === "json_schema") {
    return tokensOf(JSON.stringify(sampleSchema(format.schema, text.slice(0, jsonString)) ?? null));
  }
  return tokensOf(isJsonObject(text) ? text : JSON.stringify({ answer: text }));
}
