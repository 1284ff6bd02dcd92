/**
 * What a provider attached to a turn with calls, for chat clients: an entry of `reasoning_details`, which clients return
 * with the calls. It is encrypted, and has the order of thinking, text and calls, which a chat message has not.
 */
import type {
  AssistantPart,
  AssistantTurn,
  PartState,
  RunEvent,
  StartRun,
  ToolCall,
} from "../../agent/types.ts";
import { asFields, asText, tryParseJson } from "../../agent/models/untrusted-json.ts";

/** Stored by clients: the names must not change. The texts and calls themselves are in the message. */
type SealedPart =
  | { readonly type: "thinking"; text: string; state?: PartState }
  | { readonly type: "text"; length: number; state?: PartState }
  | { readonly type: "tool_call"; readonly id: string; state?: PartState };

interface SealedTurn {
  /** The only model that can read the states. */
  readonly model: string;
  readonly parts: readonly SealedPart[];
}

const format = "openclaw-turn-1";

/** Fields of states that a client gets as they are. */
const visibleFields: ReadonlySet<string> = new Set(["field", "reasoning_details", "extra_content"]);

interface TurnRecorder {
  record(event: RunEvent): void;
  /** Returns the turn as JSON. Undefined when the message says all of it. */
  serialize(): string | undefined;
}

/** Records the last step of a run: the text of earlier ones comes before it in the same message. */
export function createTurnRecorder(): TurnRecorder {
  let model: string | undefined;
  let parts: SealedPart[] = [];
  let open: SealedPart | undefined;
  let calls = new Map<number, SealedPart>();
  let isNextStep = false;

  const push = (part: SealedPart): SealedPart => {
    parts.push(part);
    return (open = part);
  };
  const beginStep = (): void => {
    const length = parts.reduce((sum, part) => sum + (part.type === "text" ? part.length : 0), 0);
    parts = length === 0 ? [] : [{ type: "text", length }];
    open = undefined;
    model = undefined;
    calls = new Map();
    isNextStep = false;
  };
  const addText = (length: number): void => {
    const part = open?.type === "text" ? open : push({ type: "text", length: 0 });
    if (part.type === "text") part.length += length;
  };
  const addThinking = (text: string): void => {
    const part = open?.type === "thinking" ? open : push({ type: "thinking", text: "" });
    if (part.type === "thinking") part.text += text;
  };

  return {
    record(event) {
      if (event.type === "tool_start") isNextStep = true;
      else if (isNextStep && contentTypes.has(event.type)) beginStep();
      switch (event.type) {
        case "text":
          return addText(event.text.length);
        case "thinking":
          return addThinking(event.text);
        case "tool_call":
          calls.set(event.index, push({ type: "tool_call", id: event.id }));
          return;
        case "state": {
          if (event.part === "thinking") addThinking("");
          else addText(0);
          if (open !== undefined) open.state = event.state;
          model = event.model;
          open = undefined;
          return;
        }
        case "tool_call_state": {
          const call = calls.get(event.index);
          if (call !== undefined) call.state = event.state;
          model = event.model;
          return;
        }
        default:
      }
    },
    serialize() {
      const hasHiddenState = parts.some(({ state = {} }) =>
        Object.keys(state).some((key) => !visibleFields.has(key)),
      );
      return model === undefined || calls.size === 0 || !hasHiddenState
        ? undefined
        : JSON.stringify({ format, model, parts });
    },
  };
}

const contentTypes: ReadonlySet<RunEvent["type"]> = new Set(["text", "thinking", "tool_call", "state"]);

export const recordTurn =
  (run: StartRun, recorder: TurnRecorder): StartRun =>
  (sink) =>
    run({
      ...sink,
      emit(event) {
        recorder.record(event);
        sink.emit(event);
      },
    });

/** The entry of `reasoning_details`, in the form of encrypted thinking of other servers. */
export const toSealedDetail = (data: string) => ({ type: "reasoning.encrypted", format, data }) as const;

/** Returns what the last entry of this gateway holds. `unseal` decrypts it. */
export function findSealedTurn(
  details: readonly object[],
  unseal: (data: string) => string | undefined,
): SealedTurn | undefined {
  const detail = details.map(asFields).findLast((fields) => fields?.["format"] === format);
  const text = detail && unseal(asText(detail["data"]));
  const turn = text === undefined ? undefined : asFields(tryParseJson(text));
  // The gateway has encrypted it, so it is whole.
  return turn?.["format"] === format ? (turn as unknown as SealedTurn) : undefined;
}

interface Message {
  readonly text: string;
  readonly refusal: string;
  readonly calls: readonly ToolCall[];
}

/** Puts the message's text and calls in their places. A message that the client has changed keeps the states, not the order. */
export function restoreTurn({ model, parts }: SealedTurn, { text, refusal, calls }: Message): AssistantTurn {
  const states = new Map(parts.flatMap((part) => (part.type === "tool_call" ? [[part.id, part.state]] : [])));
  const toCall = (call: ToolCall): AssistantPart => {
    const state = states.get(call.id);
    return { type: "tool_call", ...call, ...(state === undefined ? {} : { state }) };
  };
  const length = parts.reduce((sum, part) => sum + (part.type === "text" ? part.length : 0), 0);
  const ids = parts.flatMap((part) => (part.type === "tool_call" ? [part.id] : []));
  const isUnchanged = length === text.length && ids.join() === calls.map(({ id }) => id).join();
  const thinking = parts.filter((part) => part.type === "thinking");
  const refusalParts: readonly AssistantPart[] = refusal === "" ? [] : [{ type: "refusal", text: refusal }];
  if (!isUnchanged) {
    const texts: readonly AssistantPart[] = text === "" ? [] : [{ type: "text", text }];
    return {
      role: "assistant",
      model,
      content: [...thinking, ...texts, ...refusalParts, ...calls.map(toCall)],
    };
  }
  let position = 0;
  const callsById = new Map(calls.map((call) => [call.id, call]));
  const content = parts.flatMap((part): readonly AssistantPart[] => {
    if (part.type === "thinking") return [part];
    if (part.type === "tool_call") {
      const call = callsById.get(part.id);
      return call === undefined ? [] : [toCall(call)];
    }
    const { state } = part;
    const slice = text.slice(position, (position += part.length));
    return [{ type: "text", text: slice, ...(state === undefined ? {} : { state }) }];
  });
  return { role: "assistant", model, content: [...content, ...refusalParts] };
}
