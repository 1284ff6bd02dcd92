/** A run as the page shows it: the fold over its events. */
import type { AgentEvent } from "openclaw-gateway-client/socket";

export interface ToolItem {
  readonly kind: "tool";
  readonly id: string;
  readonly name: string;
  readonly args: string;
  readonly output: string;
  /** Undefined: it has ended, and the history does not say how. */
  readonly state: "running" | "done" | "failed" | undefined;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

export type RunItem =
  | { readonly kind: "text" | "thinking" | "summary"; readonly text: string }
  | { readonly kind: "notice"; readonly text: string }
  | ToolItem;

export interface Run {
  readonly id: string;
  readonly sessionKey: string | undefined;
  /** What the person wrote. Undefined for a run that another client started, or that is stored. */
  readonly prompt?: string | undefined;
  readonly phase: "waiting" | "running" | "ended";
  readonly items: readonly RunItem[];
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly stopReason?: string | undefined;
  readonly error?: string | undefined;
  readonly costMicroUsd?: number | undefined;
  /** The history has had it. It is gone from there when the message was taken back. */
  readonly isStored?: boolean;
  readonly usage?: { readonly input: number; readonly output: number } | undefined;
  /** What came over a connection that was lost, until the history is read again. Events were missed since. */
  readonly earlierItems?: readonly RunItem[] | undefined;
}

export function createRun(id: string, sessionKey: string | undefined, startedAt: number): Run {
  return { id, sessionKey, phase: "waiting", items: [], startedAt };
}

export function applyEvent(run: Run, event: AgentEvent): Run {
  const { items } = run;
  const known: Run = { ...run, phase: run.phase === "waiting" ? "running" : run.phase };
  switch (event.stream) {
    case "lifecycle":
      return applyLifecycle(known, event);
    case "assistant":
      return { ...known, items: addText(items, "text", event.data) };
    case "thinking":
      return { ...known, items: addText(items, "thinking", event.data) };
    case "tool":
      return { ...known, items: applyTool(items, event.data, event.ts) };
    case "compaction":
      return { ...known, items: [...items, { kind: "summary", text: event.data.summary }] };
  }
}

type EventOf<Stream> = Extract<AgentEvent, { readonly stream: Stream }>;

function applyLifecycle(run: Run, { data, ts }: EventOf<"lifecycle">): Run {
  const { phase, startedAt = ts, endedAt = ts, stopReason, error, usage, costMicroUsd, from, to } = data;
  if (phase === "start") return { ...run, startedAt };
  if (phase === "fallback") {
    const text = `${from ?? ""} failed: ${error ?? ""}. ${to ?? ""} is tried.`;
    return { ...run, items: [...run.items, { kind: "notice", text }] };
  }
  const items = run.items.map(endTool);
  return { ...run, phase: "ended", endedAt, stopReason, error, usage, costMicroUsd, items };
}

/** A run that ends ends its tools. */
const endTool = (item: RunItem): RunItem =>
  item.kind === "tool" && item.state === "running" ? { ...item, state: "failed" } : item;

/** An event after a gap has all text of its message, of which a part may be known. */
function addText(
  items: readonly RunItem[],
  kind: "text" | "thinking",
  { text, delta }: EventOf<"assistant">["data"],
): readonly RunItem[] {
  const last = items.at(-1);
  if (text === undefined)
    return last?.kind === kind
      ? [...items.slice(0, -1), { kind, text: last.text + delta }]
      : [...items, { kind, text: delta }];
  const start = items.findLastIndex((item) => item.kind === "tool") + 1;
  const known = items
    .slice(start)
    .map((item) => (item.kind === kind ? item.text : ""))
    .join("");
  if (text.startsWith(known)) return addText(items, kind, { delta: text.slice(known.length) });
  return [...items.filter((item, index) => index < start || item.kind !== kind), { kind, text }];
}

function applyTool(items: readonly RunItem[], data: EventOf<"tool">["data"], ts: number): readonly RunItem[] {
  const { phase, toolCallId: id, name = "", args, partialResult = "", result, isError = false } = data;
  const known = items.find((item): item is ToolItem => item.kind === "tool" && item.id === id);
  const tool: ToolItem = known ?? {
    kind: "tool",
    id,
    name,
    args: formatArguments(args),
    output: "",
    state: "running",
    startedAt: ts,
  };
  const next: ToolItem =
    phase === "result"
      ? { ...tool, output: result ?? tool.output, state: isError ? "failed" : "done", endedAt: ts }
      : { ...tool, output: tool.output + partialResult };
  return known === undefined ? [...items, next] : items.map((item) => (item === known ? next : item));
}

function formatArguments(args: unknown): string {
  if (typeof args === "string") return args;
  return args === undefined ? "" : JSON.stringify(args, null, 2);
}
