/** Builds a page of messages that fits into one result. Long texts are truncated; the oldest messages go to the next page. */
import type { chatHistory } from "../../../contracts/socket/chat.ts";
import type { ResultOf } from "../../../contracts/socket/method.ts";
import type { HistoryPage } from "../../agent/sessions/catalog.ts";
import { toMessage, type SessionMessage } from "../../agent/sessions/messages.ts";
import { truncateText } from "../../lib/truncate-text.ts";

type Page = ResultOf<typeof chatHistory>;
type Message = Page["messages"][number];

/** Reserved for the fields around the messages. */
const envelopeBytes = 4_096;

/** A page of messages, without what their runs have used. */
type MessagePage = Omit<Page, "runs">;

export function createHistoryPage(
  { session, entries, total, hasMore }: HistoryPage,
  maxChars: number,
  maxBytes: number,
): MessagePage {
  const messages = entries
    .flatMap((entry) => toMessage(entry) ?? [])
    .map((message) => truncateMessage(message, maxChars));
  let bytes = envelopeBytes;
  const start =
    messages.findLastIndex(
      (message) => (bytes += Buffer.byteLength(JSON.stringify(message)) + 1) > maxBytes,
    ) + 1;
  const pageMessages = messages.slice(start);
  const [oldest] = pageMessages;
  const { thinking } = session;
  return {
    sessionKey: session.key,
    sessionId: session.id,
    messages: pageMessages,
    total,
    nextCursor: (hasMore || start > 0) && oldest !== undefined ? oldest.seq : null,
    // Only `sessions.patch` writes this field, and it accepts levels only.
    ...(thinking !== undefined && { thinkingLevel: thinking as NonNullable<Page["thinkingLevel"]> }),
  };
}

function truncateMessage(
  { content, thinking, toolCalls, ...rest }: SessionMessage,
  maxChars: number,
): Message {
  let isTruncated = false;
  const truncate = (text: string): string => {
    if (text.length <= maxChars) return text;
    isTruncated = true;
    return `${truncateText(text, maxChars)}\n[cut: ${text.length - maxChars} more characters]`;
  };
  const message: Message = {
    ...rest,
    content: content.map((part) => (part.type === "text" ? { ...part, text: truncate(part.text) } : part)),
    ...(thinking !== undefined && { thinking: truncate(thinking) }),
    ...(toolCalls && {
      toolCalls: toolCalls.map((call) => ({ ...call, arguments: truncate(call.arguments) })),
    }),
  };
  return isTruncated ? { ...message, truncated: true } : message;
}
