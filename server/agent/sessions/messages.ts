/** What was said in a session, as it is shown: the text whole, of a picture only what it is. */
import type { Part, Turn } from "../types.ts";
import type { StoredEntry } from "./store.ts";

export interface SessionMessage {
  /** Number of its entry. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly runId: string;
  /** `summary`: what a model wrote in the place of older messages, which are no longer sent to it. */
  readonly role: "user" | "assistant" | "tool" | "summary";
  readonly content: readonly ShownPart[];
  readonly thinking?: string;
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  /** The call that a tool's result answers. */
  readonly toolCallId?: string;
  readonly cut?: "aborted" | "error" | "interrupted";
}

type ShownPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly mediaType: string; readonly bytes: number };

/** Undefined for an entry that says nothing to anybody. */
export function toMessage({ seq, at, entry }: StoredEntry): SessionMessage | undefined {
  if (entry.kind === "rewind" || entry.kind === "interrupted") return undefined;
  const place = { seq, at, runId: entry.runId };
  if (entry.kind === "compaction") return { ...place, role: "summary", content: [text(entry.summary)] };
  return { ...place, ...ofTurn(entry.turn) };
}

function ofTurn(turn: Turn): Omit<SessionMessage, "seq" | "at" | "runId"> {
  if (turn.role === "user") return { role: "user", content: turn.content.map(shown) };
  if (turn.role === "tool")
    return { role: "tool", toolCallId: turn.callId, content: turn.content.map(shown) };
  const said = turn.text === "" ? (turn.refusal ?? "") : turn.text;
  return {
    role: "assistant",
    content: said === "" ? [] : [text(said)],
    ...(turn.thinking !== undefined && { thinking: turn.thinking }),
    ...(turn.calls.length > 0 && { toolCalls: turn.calls }),
    ...(turn.cut !== undefined && { cut: turn.cut }),
  };
}

const text = (said: string): ShownPart => ({ type: "text", text: said });

function shown(part: Part): ShownPart {
  if (part.type === "text") return text(part.text);
  return { type: "image", mediaType: part.mediaType, bytes: Buffer.byteLength(part.data, "base64") };
}
