/** Plans the built-in model's reply to a call. Commands take precedence over rules for plain text. */
import type { ModelCall, ResponseFormat } from "../../types.ts";
import { parseCommands, type ReplyOptions, type Ending, type RequestedCall } from "./commands.ts";
import { isJsonObject } from "../untrusted-json.ts";
import { replyFromResults, replyToMessage } from "./replies.ts";
import { sampleSchema } from "./sample-schema.ts";
import { takeTokens, tokenize } from "./tokens.ts";
import { planCalls } from "./plan-tool-calls.ts";
import { findLastResults, readTurnText } from "./turns.ts";

export interface ReplyPlan {
  readonly thinking: string;
  /** One token per item. */
  readonly text: Iterable<string>;
  readonly refusal: string;
  readonly calls: readonly RequestedCall[];
  readonly pauseMs: number;
  readonly ending: Ending;
}

/** Limits of a formatted reply: tokens of text in JSON, and characters of text in one string of a schema. */
const maxJsonTokens = 1_000;
const maxJsonStringCharacters = 200;

export function planReply(call: ModelCall): ReplyPlan {
  const last = call.turns.findLast((turn) => turn.role === "user");
  const message = last === undefined ? "" : readTurnText(last);
  const options = parseCommands(message);
  const reply: ReplyPlan = {
    thinking: options?.thinking ?? getDefaultThinking(call, options),
    text: [],
    refusal: "",
    calls: [],
    pauseMs: options?.pauseMs ?? 0,
    ending: { type: "finish", reason: "stop" },
  };

  if (shouldCallTools(call, options)) {
    const callPlan = planCalls(call, options === undefined ? message : "", options?.calls ?? []);
    if ("explanation" in callPlan)
      return { ...reply, text: applyFormat(tokenize(callPlan.explanation), call.responseFormat) };
    if (callPlan.calls.length > 0) return { ...reply, calls: callPlan.calls };
  }
  const text = applyFormat(chooseWords(call, options, message), call.responseFormat);
  return {
    ...reply,
    text: options?.wordLimit === undefined ? text : takeTokens(text, options.wordLimit),
    refusal: options?.refusal ?? "",
    ending: options?.ending ?? reply.ending,
  };
}

/** Tool results get a text reply unless the tool choice forces another call. A requested error takes precedence. */
function shouldCallTools(call: ModelCall, options: ReplyOptions | undefined): boolean {
  const hasResults = findLastResults(call).length > 0;
  const isCallRequested = !hasResults && (options?.calls ?? []).length > 0;
  const isCallForced = call.toolChoice === "required" || typeof call.toolChoice === "object";
  return isCallRequested || (options?.ending === undefined && (isCallForced || !hasResults));
}

function chooseWords(call: ModelCall, options: ReplyOptions | undefined, message: string): Iterable<string> {
  if (options?.words !== undefined) return options.words;
  const results = findLastResults(call);
  if (results.length > 0 && options?.ending === undefined) return tokenize(replyFromResults(call, results));
  return options === undefined ? tokenize(replyToMessage(call, message)) : (options.fallback ?? []);
}

function getDefaultThinking(call: ModelCall, options: ReplyOptions | undefined): string {
  const isThinkingRequested = call.thinking !== undefined && call.thinking !== "off";
  return isThinkingRequested && options?.ending === undefined
    ? "I look for a command, then for a rule that fits."
    : "";
}

/** Puts the words in the requested format. An empty reply stays empty. */
function applyFormat(words: Iterable<string>, format: ResponseFormat | undefined): Iterable<string> {
  if (format === undefined) return words;
  const text = [...takeTokens(words, maxJsonTokens)].join("");
  if (text === "") return [];
  if (format.type === "json_schema") {
    return tokenize(
      JSON.stringify(sampleSchema(format.schema, text.slice(0, maxJsonStringCharacters)) ?? null),
    );
  }
  return tokenize(isJsonObject(text) ? text : JSON.stringify({ answer: text }));
}
