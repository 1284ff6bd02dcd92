/** Facts and notes of a conversation, read from its turns on each call. Nothing is stored. */
import type { Turn } from "../../types.ts";
import { maxSearchedCharacters, readTurnText } from "./turns.ts";

export interface Memory {
  /** For instance `my name` → `Ada`. The latest statement wins. */
  readonly facts: ReadonlyMap<string, string>;
  /** What the user asked the model to remember, verbatim. */
  readonly notes: readonly string[];
  /** The user's messages. */
  readonly messages: readonly string[];
}

// A question is not a fact: a value must not be followed by a question mark.
const factPattern =
  /\b(my|the) ([\p{L}\p{N}_'’ -]{1,40}?) (?:is|are|was) ([^?\n]{1,200}?)(?=[,;"”]|[.!](?:\s|$)| and my |\n|$)/giu;
const callMePattern = /\bcall me ([\p{L}\p{N}'’-]{1,40})/giu;
const notePattern = /\bremember(?: that|:) ([^?\n]{1,500}?)(?=[.!](?:\s|$)|\n|$)/giu;

/** Reads user and assistant turns: a summary may be either. */
export function readMemory(turns: readonly Turn[]): Memory {
  const spokenTurns = turns.filter((turn) => turn.role === "user" || turn.role === "assistant");
  const texts = spokenTurns.map((turn) => readTurnText(turn).slice(0, maxSearchedCharacters).trim());
  return {
    facts: new Map(texts.flatMap(extractFacts)),
    notes: texts.flatMap((text) => [...text.matchAll(notePattern)].map(([, what = ""]) => what)),
    messages: texts.filter((text, at) => spokenTurns[at]?.role === "user" && text !== ""),
  };
}

/** `My name is Ada.` → `my name`, `Ada` */
export function extractFacts(text: string): readonly (readonly [subject: string, value: string])[] {
  const statements = [...text.matchAll(factPattern)].map(
    ([, whose = "", what = "", value = ""]) => [`${whose} ${what}`.toLowerCase(), value] as const,
  );
  const names = [...text.matchAll(callMePattern)].map(([, name = ""]) => ["my name", name] as const);
  return [...statements, ...names];
}
