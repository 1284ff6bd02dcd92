/** A page of a session's messages that fits into one answer: long texts cut, the oldest left for the next page. */
import type { chatHistory } from "../../../contracts/socket/chat.ts";
import type { ResultOf } from "../../../contracts/socket/method.ts";
import type { HistoryPage } from "../../agent/sessions/catalog.ts";
import { toMessage, type SessionMessage } from "../../agent/sessions/messages.ts";
import { cutText } from "../../agent/tools/cap-output.ts";

type Page = ResultOf<typeof chatHistory>;
type Message = Page["messages"][number];

/** Left for what stands around the messages. */
const envelopeBytes = 4_096;

export function chatPage(
  { session, entries, total, more }: HistoryPage,
  maxChars: number,
  maxBytes: number,
): Page {
  const messages = entries
    .flatMap((entry) => toMessage(entry) ?? [])
    .map((message) => shown(message, maxChars));
  let bytes = envelopeBytes;
  const from =
    messages.findLastIndex(
      (message) => (bytes += Buffer.byteLength(JSON.stringify(message)) + 1) > maxBytes,
    ) + 1;
  const kept = messages.slice(from);
  const [oldest] = kept;
  const { thinking } = session;
  return {
    sessionKey: session.key,
    sessionId: session.id,
    messages: kept,
    total,
    nextCursor: (more || from > 0) && oldest !== undefined ? oldest.seq : null,
    // Written by `sessions.patch`, which takes levels only.
    ...(thinking !== undefined && { thinkingLevel: thinking as NonNullable<Page["thinkingLevel"]> }),
  };
}

function shown({ content, thinking, toolCalls, ...rest }: SessionMessage, maxChars: number): Message {
  const cut = (text: string): string =>
    text.length <= maxChars
      ? text
      : `${cutText(text, maxChars)}\n[cut: ${text.length - maxChars} more characters]`;
  return {
    ...rest,
    content: content.map((part) => (part.type === "text" ? { ...part, text: cut(part.text) } : part)),
    ...(thinking !== undefined && { thinking: cut(thinking) }),
    ...(toolCalls && { toolCalls: toolCalls.map((call) => ({ ...call, arguments: cut(call.arguments) })) }),
  };
}
