/** What was said in a conversation: read from its turns each time, kept nowhere. */
import type { Turn } from "../../types.ts";
import { searched, textOf } from "./turns.ts";

export interface Memory {
  /** `my name` → `Ada`. What was said last counts. */
  readonly facts: ReadonlyMap<string, string>;
  /** What the user asked to remember, word for word. */
  readonly notes: readonly string[];
  /** What the user wrote. */
  readonly messages: readonly string[];
}

// Not of a question: no value has a question mark behind it.
const fact =
  /\b(my|the) ([\p{L}\p{N}_'’ -]{1,40}?) (?:is|are|was) ([^?\n]{1,200}?)(?=[,;"”]|[.!](?:\s|$)| and my |\n|$)/giu;
const callMe = /\bcall me ([\p{L}\p{N}'’-]{1,40})/giu;
const note = /\bremember(?: that|:) ([^?\n]{1,500}?)(?=[.!](?:\s|$)|\n|$)/giu;

/** Both sides are read: a summary of what was said may come as either's. */
export function memoryOf(turns: readonly Turn[]): Memory {
  const said = turns.filter((turn) => turn.role !== "tool");
  const texts = said.map((turn) => textOf(turn).slice(0, searched).trim());
  return {
    facts: new Map(texts.flatMap(factsIn)),
    notes: texts.flatMap((text) => [...text.matchAll(note)].map(([, what = ""]) => what)),
    messages: texts.filter((text, at) => said[at]?.role === "user" && text !== ""),
  };
}

/** `My name is Ada.` → `my name`, `Ada` */
export function factsIn(text: string): readonly (readonly [subject: string, value: string])[] {
  const told = [...text.matchAll(fact)].map(
    ([, whose = "", what = "", value = ""]) => [`${whose} ${what}`.toLowerCase(), value] as const,
  );
  const names = [...text.matchAll(callMe)].map(([, name = ""]) => ["my name", name] as const);
  return [...told, ...names];
}
