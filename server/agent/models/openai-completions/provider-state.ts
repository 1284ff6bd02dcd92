/**
 * What servers attach to thinking and to tool calls, and require or accept back with the calls: signatures, encrypted
 * thinking, and the name of the field that the thinking came in.
 */
import type { ModelEvent, PartState } from "../../types.ts";
import { asList, asObject, asText } from "../untrusted-json.ts";

/** Stored with turns: the names must not change. */
const messageFields = ["reasoning_details", "reasoning_opaque", "thinking_blocks"] as const;
const callFields = ["extra_content", "provider_specific_fields", "thought_signature", "signature"] as const;
const thinkingFields = ["reasoning_content", "reasoning", "reasoning_text"] as const;
export type ThinkingField = (typeof thinkingFields)[number];

type Fields = Readonly<Record<string, unknown>>;

/** More is not collected: no server needs it back, and nothing else bounds it. */
const maxStateCharacters = 4 * 1024 * 1024;

export interface ThinkingState {
  /** Records the fields of a message or a delta. */
  add(message: Fields): void;
  /** Appends the state of the thinking since the last call of this function. */
  take(events: ModelEvent[]): void;
}

/** `model` is the key of the model that the state goes back to. */
export function createThinkingState(model: string): ThinkingState {
  let field: string | undefined;
  let fields: Record<string, unknown> = {};
  let characters = 0;
  let isEmpty = true;
  return {
    add(message) {
      const used = thinkingFields.find((name) => message[name]);
      if (used !== undefined) {
        field = used;
        isEmpty = false;
      }
      for (const name of messageFields) {
        const value = message[name];
        if (!value || (Array.isArray(value) && value.length === 0)) continue;
        characters += JSON.stringify(value).length;
        if (characters > maxStateCharacters) continue;
        isEmpty = false;
        fields[name] = Array.isArray(value) ? appendDetails(asList(fields[name]), value) : value;
      }
    },
    take(events) {
      if (isEmpty) return;
      const state = { ...(field === undefined ? {} : { field }), ...fields };
      events.push({ type: "state", model, part: "thinking", state });
      fields = {};
      isEmpty = true;
    },
  };
}

/** Fragments of the same entry are joined: a server takes back the entries, not the fragments. */
function appendDetails(earlier: readonly unknown[], added: readonly unknown[]): readonly unknown[] {
  const details = [...earlier];
  for (const entry of added) {
    const last = asObject<Fields>(details.at(-1));
    const next = asObject<Fields>(entry);
    if (last !== undefined && next !== undefined && continues(last, next)) {
      details[details.length - 1] = joinFragments(last, next);
    } else details.push(entry);
  }
  return details;
}

const fragmentFields = ["text", "summary", "thinking"] as const;

const continues = (last: Fields, next: Fields): boolean =>
  last["type"] === next["type"] &&
  last["index"] === next["index"] &&
  !last["signature"] &&
  fragmentFields.some((name) => typeof last[name] === "string");

function joinFragments(last: Fields, next: Fields): Fields {
  const joined: Record<string, unknown> = { ...last };
  for (const [name, value] of Object.entries(next)) {
    if (fragmentFields.some((field) => field === name)) joined[name] = asText(last[name]) + asText(value);
    else if (value !== null && value !== undefined) joined[name] = value;
  }
  return joined;
}

/** The state of an entry of `tool_calls`. */
export const readCallState = (entry: Fields): PartState | undefined => pickFields(entry, callFields);

/** The fields of a call that go back to the server. */
export const toCallFields = (state: PartState | undefined): Fields =>
  pickFields(state ?? {}, callFields) ?? {};

/** The fields of a message that go back to the server: those of all its thinking. */
export function toMessageFields(states: readonly PartState[]): Fields {
  const fields: Record<string, unknown> = {};
  for (const state of states) {
    for (const [name, value] of Object.entries(pickFields(state, messageFields) ?? {}))
      fields[name] = Array.isArray(value) ? [...asList(fields[name]), ...(value as unknown[])] : value;
  }
  return fields;
}

/** The field that the thinking came in. */
export const readThinkingField = (states: readonly PartState[]): ThinkingField | undefined =>
  thinkingFields.find((name) => states.some(({ field }) => field === name));

function pickFields(source: Fields, names: readonly string[]): PartState | undefined {
  const picked = names.filter((name) => source[name] !== undefined && source[name] !== null);
  return picked.length === 0 ? undefined : Object.fromEntries(picked.map((name) => [name, source[name]]));
}
