/** The messages of earlier chats, for the arrow keys: a file of the state folder that only its owner can read. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface HistoryFile {
  /** The newest first. */
  readonly lines: readonly string[];
  append(line: string): void;
}

const maxLines = 1_000;

/** Without a state folder, or with one that cannot be written, the history lasts as long as the chat. */
export function openHistoryFile(stateDir: string): HistoryFile {
  const path = join(stateDir, "chat-history");
  let lines: readonly string[] = [];
  try {
    lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
    if (lines.length > maxLines * 2) {
      writeFileSync(path, `${lines.slice(-maxLines).join("\n")}\n`, { mode: 0o600 });
    }
  } catch {
    // There was no chat yet.
  }
  return {
    lines: lines.slice(-maxLines).toReversed(),
    append(line) {
      if (line.includes("\n")) return;
      try {
        appendFileSync(path, `${line}\n`, { mode: 0o600 });
      } catch {
        // The message is sent all the same.
      }
    },
  };
}
