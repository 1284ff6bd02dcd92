/** Tools that take one text. Models that do not know this kind get a function with the text as its only argument. */
import { asText, asObject, tryParseJson } from "./models/untrusted-json.ts";

export const customParameters = {
  type: "object",
  properties: { input: { type: "string" } },
  required: ["input"],
  additionalProperties: false,
} as const;

const start = '{"input":"';
const end = '"}';

/** Returns the text of a call from the arguments that the model wrote. */
export function unwrapCustomInput(argumentsText: string): string {
  const { input } = asObject<{ readonly input?: unknown }>(tryParseJson(argumentsText)) ?? {};
  return typeof input === "string" ? input : argumentsText;
}

/** Returns the arguments of a call with this text. */
export const wrapCustomInput = (input: string): string => `${start}${escapeText(input)}${end}`;

export interface CustomInputWriter {
  /** Returns the next fragment of the arguments. */
  append(fragment: string): string;
  /** Returns the last one. `input` is the whole text, if no fragment has come. */
  finish(input: unknown): string;
}

/** Wraps a text that comes in fragments. */
export function createCustomInputWriter(): CustomInputWriter {
  let isOpen = false;
  const append = (fragment: string): string => {
    const prefix = isOpen ? "" : start;
    isOpen = true;
    return prefix + escapeText(fragment);
  };
  return {
    append,
    finish: (input) => (isOpen ? end : append(asText(input)) + end),
  };
}

/** Half a character becomes an escape sequence, which the other half completes. */
const escapeText = (text: string): string => JSON.stringify(text).slice(1, -1);
