/** Reads stored turns. Store versions before 4 kept the texts of a model's turn in one field each, without their order. */
import { toAssistantContent } from "../parts.ts";
import type { AssistantPart, AssistantTurn, ToolCall, Turn } from "../types.ts";

interface OlderAssistantTurn extends Pick<AssistantTurn, "role" | "cut"> {
  readonly text: string;
  readonly thinking?: string;
  readonly refusal?: string;
  readonly calls: readonly ToolCall[];
  readonly state?: { readonly model: string; readonly data: readonly OlderPart[] };
}

/** A range of the thinking or the text, or a call, with what the provider attached to it. */
interface OlderPart {
  readonly kind: "thinking" | "text" | "call";
  /** Id of a call. */
  readonly id: string;
  readonly from: number;
  readonly length: number;
  readonly marks?: Readonly<Record<string, unknown>>;
}

export function readStoredTurn<T extends { readonly role: string }>(
  stored: T | OlderAssistantTurn,
): T | Turn {
  return isOlderTurn(stored) ? upgradeTurn(stored) : stored;
}

const isOlderTurn = (turn: { readonly role: string }): turn is OlderAssistantTurn =>
  turn.role === "assistant" && "calls" in turn;

function upgradeTurn({
  text,
  thinking = "",
  refusal = "",
  calls,
  state,
  cut,
}: OlderAssistantTurn): AssistantTurn {
  const content =
    state === undefined
      ? toAssistantContent({ thinking, text, refusal, calls })
      : orderParts({ thinking, text, refusal, calls }, state.data);
  return { role: "assistant", content, ...(state && { model: state.model }), ...(cut && { cut }) };
}

function orderParts(
  turn: Required<Pick<OlderAssistantTurn, "thinking" | "text" | "refusal" | "calls">>,
  olderParts: readonly OlderPart[],
): readonly AssistantPart[] {
  const ends = { thinking: 0, text: 0 };
  const calls = new Map(turn.calls.map((call) => [call.id, call]));
  const content: AssistantPart[] = [];
  for (const { kind, id, from, length, marks } of olderParts) {
    if (kind === "call") {
      const call = calls.get(id);
      if (call !== undefined)
        content.push({ type: "tool_call", ...call, ...(marks && { state: { metadata: marks } }) });
      calls.delete(id);
      continue;
    }
    // What lies between two ranges separates them.
    const start = ends[kind];
    ends[kind] = from + length;
    const block = { from: from - start, length, ...(marks && { metadata: marks }) };
    content.push({ type: kind, text: turn[kind].slice(start, ends[kind]), state: { blocks: [block] } });
  }
  const rest = {
    thinking: turn.thinking.slice(ends.thinking),
    text: turn.text.slice(ends.text),
    refusal: turn.refusal,
    calls: [...calls.values()],
  };
  return [...content, ...toAssistantContent(rest)];
}
