/** The script of a model in an example, as data. The tests replay it. */
import type { OwnErrorCode } from "../errors.ts";

export type ScriptStep =
  | { readonly text: string }
  | { readonly thinking: string }
  | { readonly refusal: string }
  | { readonly call: { readonly id: string; readonly name: string; readonly fragments: readonly string[] } }
  | { readonly finish: "stop" | "length" | "content_filter"; readonly usage: ScriptUsage }
  /** The steps after this one answer the next call of the model. */
  | { readonly nextCall: true }
  | { readonly fail: { readonly code: OwnErrorCode; readonly message: string } };

export interface ScriptUsage {
  readonly input: number;
  readonly output: number;
  readonly cached?: number;
  readonly reasoning?: number;
}

export const says = (text: string): ScriptStep => ({ text });
export const thinks = (thinking: string): ScriptStep => ({ thinking });
export const refuses = (refusal: string): ScriptStep => ({ refusal });
export const calls = (id: string, name: string, ...fragments: readonly string[]): ScriptStep => ({
  call: { id, name, fragments },
});
export const ends = (
  usage: ScriptUsage,
  finish: "stop" | "length" | "content_filter" = "stop",
): ScriptStep => ({
  finish,
  usage,
});
export const nextCall: ScriptStep = { nextCall: true };
export const fails = (code: OwnErrorCode, message: string): ScriptStep => ({ fail: { code, message } });
