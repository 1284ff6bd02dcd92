/** The stored messages of a session as the page shows them: what a person wrote, and what each run did. */
import type { SocketMethods } from "openclaw-gateway-client/socket";
import type { Run, RunItem } from "./run.ts";

export type HistoryRun = SocketMethods["chat.history"]["result"]["runs"][number];
export type SessionMessage = SocketMethods["chat.history"]["result"]["messages"][number];

interface EntryFields {
  readonly key: string;
  /** `seq` of its last stored message. Absent while nothing of it is stored. */
  readonly seq?: number;
  readonly runId: string;
  /** Unix time in milliseconds. */
  readonly at: number;
}

export interface RunEntry extends EntryFields {
  readonly kind: "run";
  readonly items: readonly RunItem[];
  readonly cut?: SessionMessage["cut"];
  /** `seq` of messages whose texts are shortened. */
  readonly truncated?: readonly number[];
  readonly usage?: HistoryRun | undefined;
  /** What its events add. */
  readonly run?: Run | undefined;
}

export interface TextEntry extends EntryFields {
  readonly kind: "user" | "summary";
  readonly text: string;
  /** Whether it has pictures, which the history does not return. */
  readonly hasPictures?: boolean;
  readonly truncated?: readonly number[];
}

export type Entry = TextEntry | RunEntry;

/** A run is one entry, also when it was summarized meanwhile. */
export function toEntries(
  messages: readonly SessionMessage[],
  usages: ReadonlyMap<string, HistoryRun> = new Map(),
): readonly Entry[] {
  const outputs = new Map(
    messages.flatMap((message) =>
      message.toolCallId === undefined ? [] : [[`${message.runId} ${message.toolCallId}`, textOf(message)]],
    ),
  );
  const entries: Entry[] = [];
  for (const message of messages) {
    const { role, runId, seq, at, cut } = message;
    const last = entries.at(-1);
    const isInRun = last?.kind === "run" && last.runId === runId;
    const truncated = [...((isInRun && last.truncated) || []), ...(message.truncated === true ? [seq] : [])];
    if (role === "tool") {
      if (isInRun) entries[entries.length - 1] = { ...last, truncated };
      continue;
    }
    if (role === "user" || (role === "summary" && !isInRun)) {
      const hasPictures = message.content.some(({ type }) => type === "image");
      const text = textOf(message);
      entries.push({ kind: role, key: String(seq), seq, runId, at, text, hasPictures, truncated });
      continue;
    }
    const items =
      role === "summary" ? [{ kind: "summary", text: textOf(message) } as const] : toItems(message, outputs);
    if (isInRun)
      entries[entries.length - 1] = { ...last, seq, items: [...last.items, ...items], cut, truncated };
    else {
      const usage = usages.get(runId);
      entries.push({ kind: "run", key: String(seq), seq, runId, at, items, cut, truncated, usage });
    }
  }
  return entries;
}

function toItems(message: SessionMessage, outputs: ReadonlyMap<string, string>): readonly RunItem[] {
  const { thinking = "", toolCalls = [], runId } = message;
  const text = textOf(message);
  return [
    ...(thinking === "" ? [] : [{ kind: "thinking", text: thinking } as const]),
    ...(text === "" ? [] : [{ kind: "text", text } as const]),
    ...toolCalls.map(({ id, name, arguments: args }) => ({
      kind: "tool" as const,
      id,
      name,
      args,
      output: outputs.get(`${runId} ${id}`) ?? "",
      state: undefined,
    })),
  ];
}

function textOf({ content }: SessionMessage): string {
  return content
    .map((part) => (part.type === "text" ? part.text : `[${part.mediaType}, ${part.bytes} bytes]`))
    .join("\n");
}
