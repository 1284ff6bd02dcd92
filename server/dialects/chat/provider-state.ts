/** What a provider of chat completions attached to thinking and calls, as the fields in which clients return it. */
import type { PartState } from "../../agent/types.ts";

type JsonObject = Record<string, unknown>;

export function readExtraContent(state: PartState | undefined): { readonly extra_content?: JsonObject } {
  const extra = state?.["extra_content"];
  return isObject(extra) ? { extra_content: extra } : {};
}

export function readReasoningDetails({ reasoning_details: details }: PartState): readonly JsonObject[] {
  return Array.isArray(details) ? details.filter(isObject) : [];
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
