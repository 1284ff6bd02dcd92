/** The entries of a session as messages for display: full texts, and the type and size of images. */
import { getCalls, getText } from "../parts.ts";
import type { Part, Turn } from "../types.ts";
import type { StoredEntry } from "./store.ts";

export interface SessionMessage {
  /** `seq` of the entry. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly runId: string;
  /** `summary`: replaces the older messages, which are no longer sent to the model. */
  readonly role: "user" | "assistant" | "tool" | "summary";
  readonly content: readonly MessagePart[];
  readonly thinking?: string;
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  /** Id of the call that a tool result belongs to. */
  readonly toolCallId?: string;
  readonly cut?: "aborted" | "error" | "interrupted";
}

type MessagePart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly mediaType: string; readonly bytes: number };

/** Undefined for an entry without content: a rewind, an interruption, items, a deletion or a damaged entry. */
export function toMessage({ seq, at, entry }: StoredEntry): SessionMessage | undefined {
  if (entry.kind !== "turn" && entry.kind !== "compaction") return undefined;
  const position = { seq, at, runId: entry.runId };
  if (entry.kind === "compaction")
    return { ...position, role: "summary", content: [createTextPart(entry.summary)] };
  return { ...position, ...toMessageFields(entry.turn) };
}

/** Returns the texts of an entry: what was written, thought, and sent to tools. */
export function textsOf(entry: StoredEntry): readonly string[] {
  const message = toMessage(entry);
  if (message === undefined) return [];
  const { content, thinking = "", toolCalls = [] } = message;
  return [
    ...content.map((part) => (part.type === "text" ? part.text : "")),
    thinking,
    ...toolCalls.map((call) => call.arguments),
  ];
}

function toMessageFields(turn: Turn): Omit<SessionMessage, "seq" | "at" | "runId"> {
  if (turn.role === "user") return { role: "user", content: turn.content.map(toMessagePart) };
  if (turn.role === "tool")
    return { role: "tool", toolCallId: turn.callId, content: turn.content.map(toMessagePart) };
  if (turn.role === "system") return { role: "user", content: turn.content.map(toMessagePart) };
  const answerText = getText(turn) || getText(turn, "refusal");
  const thinking = getText(turn, "thinking");
  const toolCalls = getCalls(turn).map(({ id, name, arguments: text }) => ({ id, name, arguments: text }));
  return {
    role: "assistant",
    content: answerText === "" ? [] : [createTextPart(answerText)],
    ...(thinking !== "" && { thinking }),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(turn.cut !== undefined && { cut: turn.cut }),
  };
}

const createTextPart = (value: string): MessagePart => ({ type: "text", text: value });

function toMessagePart(part: Part): MessagePart {
  if (part.type === "text") return createTextPart(part.text);
  return { type: "image", mediaType: part.mediaType, bytes: Buffer.byteLength(part.data, "base64") };
}
