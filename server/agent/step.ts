/** One model call of a run: collects the model's events, selects those that the caller sees, and makes the turn. */
import { createFragmentJoiner, type JoinFragments } from "../lib/join-fragments.ts";
import type { NewId } from "../lib/ports.ts";
import { getCalls } from "./parts.ts";
import type {
  AssistantPart,
  AssistantTurn,
  ModelEvent,
  PartState,
  Phase,
  Run,
  RunEvent,
  StateEvent,
  ToolCall,
  Turn,
} from "./types.ts";

/** A part that is still growing. */
interface PendingText {
  readonly type: "text" | "thinking" | "refusal";
  readonly phase?: Phase | undefined;
  text: string;
  state?: PartState;
}
interface PendingCall {
  readonly type: "tool_call";
  readonly id: string;
  readonly name: string;
  arguments: string;
  state?: PartState;
  argumentBytes: number;
  readonly joinFragments: JoinFragments;
  /** Its index among the calls of client tools; undefined for a call of an agent tool. */
  readonly clientIndex: number | undefined;
}

/** Limits of one model answer; 0 means none. The names are those of the configuration. */
export interface AnswerLimits {
  readonly maxAnswerBytes: number;
  readonly maxCallArgumentBytes: number;
  readonly maxCallsPerStep: number;
}

type FinishEvent = Extract<ModelEvent, { type: "finish" }>;

export interface Step {
  /** Records a model event. Returns the event for the caller, often the same object, or undefined. */
  push(event: ModelEvent): RunEvent | undefined;
  /** Returns the last events for the caller, after the model's last event. */
  flush(): readonly RunEvent[];
  /** Undefined until the model has finished. */
  getFinish(): Pick<FinishEvent, "reason" | "usage" | "stopSequence"> | undefined;
  /** Returns the limit that the answer exceeds. Nothing more is recorded then. */
  getExceededLimit(): keyof AnswerLimits | undefined;
  listClientCalls(): readonly ToolCall[];
  listAgentCalls(): readonly ToolCall[];
  /** Returns the turn so far. A truncated turn has no calls; without any text it is undefined. */
  toTurn(cut?: AssistantTurn["cut"]): AssistantTurn | undefined;
}

/** Characters of each type of text that an unstored run keeps for its next step. No model accepts more as input. */
const maxUnstoredCharacters = 1_048_576;
/** Further parts are appended to earlier ones: a model that alternates between two must not fill memory with parts. */
const maxParts = 1_024;

/** `turns` are the conversation. A call that repeats one of its call ids, or has none, gets a new id. */
export function createStep(run: Run, turns: readonly Turn[], newId: NewId, limits: AnswerLimits): Step {
  const clientTools = new Set(run.tools.map(({ name }) => name));
  const forcedName = typeof run.toolChoice === "object" ? run.toolChoice.name : undefined;
  const calls = new Map<number, PendingCall | undefined>();
  let knownIds: Set<string> | undefined;
  const maxCharacters =
    run.sessionKey === undefined && run.journal === undefined ? maxUnstoredCharacters : Infinity;
  const characters = { text: 0, thinking: 0, refusal: 0 };
  const parts: (PendingText | PendingCall)[] = [];
  /** The part that the next fragment of its type belongs to. */
  let openPart: PendingText | undefined;
  let stateModel: string | undefined;
  const joinText = createFragmentJoiner();
  const joinThinking = createFragmentJoiner();
  const joinRefusal = createFragmentJoiner();
  let clientCallCount = 0;
  let finish: ReturnType<Step["getFinish"]>;
  let answerBytes = 0;
  let exceededLimit: keyof AnswerLimits | undefined;

  const exceeds = (limit: keyof AnswerLimits, value: number): boolean => {
    if (limits[limit] === 0 || value <= limits[limit]) return false;
    exceededLimit = limit;
    return true;
  };
  const exceedsAnswer = (addedText: string): boolean =>
    exceeds("maxAnswerBytes", (answerBytes += Buffer.byteLength(addedText)));

  const appendText = (type: PendingText["type"], fragment: string, phase?: Phase): void => {
    if (characters[type] >= maxCharacters || fragment === "") return;
    characters[type] += fragment.length;
    if (openPart?.type !== type || openPart.phase !== phase) openPart = startText(type, phase);
    openPart.text += fragment;
  };
  const startText = (type: PendingText["type"], phase: Phase | undefined): PendingText => {
    const last = parts.length < maxParts ? undefined : parts.findLast((part) => part.type === type);
    if (last !== undefined && last.type !== "tool_call") return last;
    const part: PendingText = { type, text: "", phase };
    parts.push(part);
    return part;
  };
  /** Returns the event when the caller has seen its part. */
  const addState = (event: StateEvent): RunEvent | undefined => {
    if (exceedsAnswer(JSON.stringify(event.state))) return undefined;
    stateModel = event.model;
    if (event.type === "tool_call_state") {
      const call = calls.get(event.index);
      if (call === undefined) return undefined;
      call.state = event.state;
      return call.clientIndex === undefined ? undefined : { ...event, index: call.clientIndex };
    }
    if (openPart?.type === event.part) openPart.state = event.state;
    else if (parts.length < maxParts) parts.push({ type: event.part, text: "", state: event.state });
    openPart = undefined;
    return event;
  };

  /** Returns undefined when `tool_choice` or `parallel_tool_calls` does not allow the call. */
  const createCall = (providerId: string, providerName: string): PendingCall | undefined => {
    const name = clientTools.has(providerName) ? providerName : cleanToolName(providerName);
    if (forcedName !== undefined && name !== forcedName) return undefined;
    // `none` excludes the client's tools only. The agent's own tools were offered.
    if (run.toolChoice === "none" && clientTools.has(name)) return undefined;
    if (!run.parallelToolCalls && [...calls.values()].some((call) => call !== undefined)) return undefined;
    knownIds ??= collectCallIds(turns);
    const id = providerId === "" || knownIds.has(providerId) ? newId("call_") : providerId;
    knownIds.add(id);
    const clientIndex = clientTools.has(name) ? clientCallCount++ : undefined;
    const joinFragments = createFragmentJoiner();
    return { type: "tool_call", id, name, arguments: "", argumentBytes: 0, joinFragments, clientIndex };
  };

  const toRunEvent = (event: ModelEvent): RunEvent | undefined => {
    if (exceededLimit !== undefined) return undefined;
    switch (event.type) {
      case "text": {
        if (exceedsAnswer(event.text)) return undefined;
        const fragment = joinText(event.text);
        appendText("text", fragment, event.phase);
        if (fragment === "") return undefined;
        return fragment === event.text ? event : { ...event, text: fragment };
      }
      case "thinking": {
        if (exceedsAnswer(event.text)) return undefined;
        const fragment = joinThinking(event.text);
        appendText("thinking", fragment);
        if (fragment === event.text) return event;
        return fragment === "" ? undefined : { type: "thinking", text: fragment };
      }
      case "refusal": {
        if (exceedsAnswer(event.text)) return undefined;
        const fragment = joinRefusal(event.text);
        appendText("refusal", fragment);
        if (fragment === event.text) return event;
        return fragment === "" ? undefined : { type: "refusal", text: fragment };
      }
      case "tool_call": {
        if (exceeds("maxCallsPerStep", calls.size + 1)) return undefined;
        const call = createCall(event.id, event.name);
        calls.set(event.index, call);
        if (call !== undefined) parts.push(call);
        openPart = undefined;
        if (call?.clientIndex === undefined) return undefined;
        return { type: "tool_call", index: call.clientIndex, id: call.id, name: call.name };
      }
      case "tool_call_arguments": {
        const call = calls.get(event.index);
        if (call === undefined) return undefined;
        call.argumentBytes += Buffer.byteLength(event.fragment);
        if (exceeds("maxCallArgumentBytes", call.argumentBytes)) return undefined;
        const fragment = call.joinFragments(event.fragment);
        call.arguments += fragment;
        if (call.clientIndex === undefined || (fragment === "" && event.fragment !== "")) return undefined;
        return { type: "tool_call_arguments", index: call.clientIndex, fragment };
      }
      case "state":
      case "tool_call_state":
        return addState(event);
      case "finish":
        finish = event;
        return undefined;
      case "error":
        return undefined;
    }
  };
  /** A half of a character that is still kept has no other half. */
  const flush = (): readonly RunEvent[] => {
    const halves: RunEvent[] = [];
    const push = (event: ModelEvent, text: string): void => {
      const half = text === "" ? undefined : toRunEvent(event);
      if (half !== undefined) halves.push(half);
    };
    const pushText = (type: PendingText["type"], text: string): void => push({ type, text }, text);
    pushText("thinking", joinThinking());
    pushText("text", joinText());
    pushText("refusal", joinRefusal());
    for (const [index, call] of calls) {
      const fragment = call?.joinFragments() ?? "";
      push({ type: "tool_call_arguments", index, fragment }, fragment);
    }
    return halves;
  };
  const listCalls = (isClient: boolean): readonly ToolCall[] =>
    calls.size === 0
      ? []
      : parts
          .filter((part) => part.type === "tool_call")
          .filter(({ clientIndex }) => (clientIndex !== undefined) === isClient)
          .map(toToolCall);

  /** A call that the token limit truncated in its arguments can neither be run nor sent back. */
  const isComplete = (call: PendingCall): boolean => finish?.reason !== "length" || isJson(call.arguments);
  /** A truncated turn has neither calls nor state. */
  const toPart = (part: PendingText | PendingCall, isCut: boolean): AssistantPart | undefined => {
    if (part.type === "tool_call")
      return isCut || !isComplete(part) ? undefined : { type: "tool_call", ...toToolCall(part) };
    const { type, text, phase, state } = part;
    const content = { text, ...(phase === undefined ? {} : { phase }) };
    if (type === "refusal" || state === undefined || isCut)
      return text === "" ? undefined : { type, ...content };
    return { type, ...content, state };
  };

  return {
    push: toRunEvent,
    flush,
    getFinish: () => finish,
    getExceededLimit: () => exceededLimit,
    listClientCalls: () => listCalls(true),
    listAgentCalls: () => listCalls(false),
    toTurn(cut) {
      const isCut = cut !== undefined;
      const content = parts.map((part) => toPart(part, isCut)).filter((part) => part !== undefined);
      if (content.length === 0 && isCut) return undefined;
      return {
        role: "assistant",
        content,
        ...(stateModel === undefined || isCut ? {} : { model: stateModel }),
        ...(isCut ? { cut } : {}),
      };
    },
  };
}

/** Models write blanks around a name, or before it the namespace of the tools in their prompt template. */
const cleanToolName = (name: string): string => name.trim().replace(/^functions[.:]/, "");

const toToolCall = ({ id, name, arguments: text, state }: PendingCall): ToolCall => ({
  id,
  name,
  arguments: text,
  ...(state === undefined ? {} : { state }),
});

function collectCallIds(turns: readonly Turn[]): Set<string> {
  return new Set(turns.flatMap((turn) => getCalls(turn).map(({ id }) => id)));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
