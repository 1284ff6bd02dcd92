/** The stored messages of a session as the page shows them: what a person wrote, and what each run did. */
import type { SocketMethods } from "openclaw-gateway-client/socket";
import type { RunItem } from "./run.ts";

export type SessionMessage = SocketMethods["chat.history"]["result"]["messages"][number];

export type Entry =
  | { readonly kind: "user" | "summary"; readonly key: string; readonly runId: string; readonly text: string }
  | {
      readonly kind: "run";
      readonly key: string;
      readonly runId: string;
      readonly items: readonly RunItem[];
      readonly cut: SessionMessage["cut"];
    };

export function toEntries(messages: readonly SessionMessage[]): readonly Entry[] {
  const outputs = new Map(
    messages.flatMap((message) =>
      message.toolCallId === undefined ? [] : [[`${message.runId} ${message.toolCallId}`, textOf(message)]],
    ),
  );
  const entries: Entry[] = [];
  for (const message of messages) {
    const { role, runId, seq } = message;
    if (role === "tool") continue;
    const key = String(seq);
    if (role !== "assistant") {
      entries.push({ kind: role, key, runId, text: textOf(message) });
      continue;
    }
    const items = toItems(message, outputs);
    const last = entries.at(-1);
    if (last?.kind === "run" && last.runId === runId)
      entries[entries.length - 1] = { ...last, items: [...last.items, ...items], cut: message.cut };
    else entries.push({ kind: "run", key, runId, items, cut: message.cut });
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
