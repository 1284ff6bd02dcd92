/** Saves a session as JSONL, in the format of `openclaw sessions export`, or as Markdown to read. */
import { createHttpClient } from "../store/connection.ts";
import { toEntries, type SessionMessage } from "../store/history.ts";
import { strings } from "../strings.ts";
import { download } from "./download.ts";

export async function exportSession(key: string, format: "jsonl" | "md"): Promise<void> {
  // The socket would shorten long texts.
  const newest = await createHttpClient().sessions.history(key, { limit: 1_000 });
  const messages: SessionMessage[] = [];
  for await (const message of newest) messages.push(message);
  messages.reverse();
  const name = key.replaceAll(/[^\w.-]+/g, "-");
  if (format === "md") return download(`${name}.md`, "text/markdown", toMarkdown(key, messages));
  const lines = [
    { type: "session", sessionKey: key, sessionId: newest.sessionId, messages: messages.length },
    ...messages.map((message) => ({ type: "message", ...message })),
  ];
  download(`${name}.jsonl`, "application/jsonl", lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

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
