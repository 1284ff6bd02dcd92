/** Saves a session as JSONL, in the format of `openclaw sessions export`, or as Markdown to read. */
import { requireSocket } from "../store/connection.ts";
import { toEntries, type SessionMessage } from "../store/history.ts";
import { strings } from "../strings.ts";
import { download } from "./download.ts";

export async function exportSession(key: string, format: "jsonl" | "md"): Promise<void> {
  const socket = requireSocket();
  /** Newest first. */
  const pages: (readonly SessionMessage[])[] = [];
  let sessionId: string | undefined;
  let cursor: number | null = null;
  do {
    const page: Awaited<ReturnType<typeof loadPage>> = await loadPage(socket, key, cursor);
    sessionId ??= page.sessionId;
    pages.push(page.messages);
    cursor = page.nextCursor;
  } while (cursor !== null);
  const messages = pages.toReversed().flat();
  const name = key.replaceAll(/[^\w.-]+/g, "-");
  if (format === "md") return download(`${name}.md`, "text/markdown", toMarkdown(key, messages));
  const lines = [
    { type: "session", sessionKey: key, sessionId, messages: messages.length },
    ...messages.map((message) => ({ type: "message", ...message })),
  ];
  download(`${name}.jsonl`, "application/jsonl", lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

const loadPage = (socket: ReturnType<typeof requireSocket>, sessionKey: string, cursor: number | null) =>
  socket.call("chat.history", {
    sessionKey,
    limit: 1_000,
    maxChars: 500_000,
    ...(cursor !== null && { cursor }),
  });

function toMarkdown(key: string, messages: readonly SessionMessage[]): string {
  const parts = toEntries(messages).map((entry) => {
    if (entry.kind !== "run") {
      const title = entry.kind === "user" ? strings.chat.you : strings.chat.summary;
      return `## ${title}

${entry.text}`;
    }
    const items = entry.items.map((item) =>
      item.kind === "tool"
        ? `**${item.name}**\n\n${fence(item.args)}\n\n${fence(item.output)}`
        : item.kind === "thinking"
          ? `> ${item.text.replaceAll("\n", "\n> ")}`
          : item.text,
    );
    return `## ${strings.chat.agent}\n\n${items.join("\n\n")}`;
  });
  return `# ${key}\n\n${parts.join("\n\n")}\n`;
}

/** A fence must be longer than those in its text. */
function fence(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = "`".repeat(longest + 1);
  return `${ticks}\n${text}\n${ticks}`;
}
