/** Converts the events of one of OpenClaw's transcripts to entries of a session. */
import type { AssistantPart, Part, Turn } from "../../server/agent/turns.ts";
import type { Entry } from "../../server/agent/sessions/store.ts";
import { asArray, asRecord, asText, type JsonRecord } from "./json.ts";

/** The entries of the current conversation: what the newest branch has, since its last reset. */
export function convertTranscript(events: readonly JsonRecord[], runId: string): readonly Entry[] {
  const items: { readonly id: string | undefined; readonly entry: Entry }[] = [];
  const add = (id: string | undefined, turns: readonly Turn[]): void =>
    void items.push(...turns.map((turn) => ({ id, entry: { kind: "turn", runId, turn } as const })));

  for (const event of selectBranch(events)) {
    const id = asText(event["id"]);
    if (event["type"] === "message") add(id, convertMessage(asRecord(event["message"])));
    else if (event["type"] === "custom_message") add(id, toUserTurns(event["content"]));
    else if (event["type"] === "branch_summary") add(id, toUserTurns(event["summary"]));
    else if (event["type"] === "reset") items.length = 0;
    else if (event["type"] === "compaction") {
      const summary = asText(event["summary"]) ?? "";
      const first = items.findIndex((item) => item.id !== undefined && item.id === event["firstKeptEntryId"]);
      const keptItems = first < 0 ? [] : items.slice(first).filter(({ entry }) => entry.kind === "turn");
      items.push({ id, entry: { kind: "compaction", runId, summary, kept: keptItems.length } });
    }
  }
  return completeToolCalls(
    items.map(({ entry }) => entry),
    runId,
  );
}

/** Follows the parents from the last event. Old transcripts have no parents: then every event counts. */
function selectBranch(events: readonly JsonRecord[]): readonly JsonRecord[] {
  const nodes = events.filter(({ id, type }) => typeof id === "string" && type !== "session");
  if (!nodes.some(({ parentId }) => typeof parentId === "string")) return events;
  const byId = new Map(nodes.map((event) => [event["id"], event]));
  const branch: JsonRecord[] = [];
  const seen = new Set<unknown>();
  for (let event = nodes.at(-1); event !== undefined && !seen.has(event["id"]);) {
    seen.add(event["id"]);
    branch.push(event);
    event = byId.get(event["parentId"]);
  }
  return branch.toReversed();
}

function convertMessage(message: JsonRecord): readonly Turn[] {
  const { role, content } = message;
  if (role === "user") return toUserTurns(content);
  if (role === "toolResult") {
    const callId = asText(message["toolCallId"]);
    if (callId === undefined) return [];
    const isError = message["isError"] === true;
    return [{ role: "tool", callId, content: toParts(content), own: true, ...(isError && { isError }) }];
  }
  if (role !== "assistant") return [];
  const parts =
    typeof content === "string" ? [{ type: "text", text: content } as const] : toAssistantParts(content);
  const cut =
    message["stopReason"] === "aborted" || message["stopReason"] === "error"
      ? message["stopReason"]
      : undefined;
  return parts.length === 0 ? [] : [{ role: "assistant", content: parts, ...(cut !== undefined && { cut }) }];
}

function toUserTurns(content: unknown): readonly Turn[] {
  const parts = toParts(content);
  return parts.length === 0 ? [] : [{ role: "user", content: parts }];
}

function toParts(content: unknown): readonly Part[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return asArray(content).flatMap((value): readonly Part[] => {
    const { type, text, data, mimeType } = asRecord(value);
    if (type === "text" && typeof text === "string" && text !== "") return [{ type, text }];
    if (type === "image" && typeof data === "string" && typeof mimeType === "string") {
      return [{ type, mediaType: mimeType, data }];
    }
    return [];
  });
}

/** Thoughts are left out: their signatures are only for the provider that made them. */
function toAssistantParts(content: unknown): readonly AssistantPart[] {
  return asArray(content).flatMap((value): readonly AssistantPart[] => {
    const { type, text, id, name, arguments: args } = asRecord(value);
    if (type === "text" && typeof text === "string" && text !== "") return [{ type, text }];
    if (type === "toolCall" && typeof id === "string" && typeof name === "string") {
      return [
        {
          type: "tool_call",
          id,
          name,
          arguments: typeof args === "string" ? args : JSON.stringify(args ?? {}),
        },
      ];
    }
    return [];
  });
}

/** Providers refuse a call without a result, and a result without a call. A crash may have left either. */
function completeToolCalls(entries: readonly Entry[], runId: string): readonly Entry[] {
  const complete: Entry[] = [];
  let open = new Set<string>();
  const closeCalls = (): void => {
    for (const callId of open) {
      const content = [{ type: "text", text: "The result is not in the imported transcript." }] as const;
      complete.push({
        kind: "turn",
        runId,
        turn: { role: "tool", callId, content, own: true, isError: true },
      });
    }
    open = new Set();
  };
  for (const entry of entries) {
    const turn = entry.kind === "turn" ? entry.turn : undefined;
    if (turn?.role === "tool") {
      if (open.delete(turn.callId)) complete.push(entry);
      continue;
    }
    closeCalls();
    complete.push(entry);
    if (turn?.role === "assistant") {
      open = new Set(turn.content.flatMap((part) => (part.type === "tool_call" ? [part.id] : [])));
    }
  }
  closeCalls();
  return complete;
}
