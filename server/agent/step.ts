/** One model call of a run: collects the model's events, selects those that the caller sees, and makes the turn. */
import { createFragmentJoiner, type JoinFragments } from "../lib/join-fragments.ts";
import type { NewId } from "../lib/ports.ts";
import type {
  AssistantTurn,
  FinishReason,
  ModelEvent,
  ProviderState,
  Run,
  RunEvent,
  ToolCall,
  Usage,
} from "./types.ts";

/** A call whose arguments are still arriving. */
interface PendingCall {
  readonly id: string;
  readonly name: string;
  arguments: string;
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

export interface Step {
  /** Records a model event. Returns the event for the caller, often the same object, or undefined. */
  push(event: ModelEvent): RunEvent | undefined;
  /** Returns the last events for the caller, after the model's last event. */
  flush(): readonly RunEvent[];
  readonly finish: { readonly reason: FinishReason; readonly usage: Usage | undefined } | undefined;
  /** The limit that the answer exceeds. Nothing more is recorded then. */
  readonly exceededLimit: keyof AnswerLimits | undefined;
  readonly clientCalls: readonly ToolCall[];
  readonly agentCalls: readonly ToolCall[];
  /** Returns the turn so far. A truncated turn has no calls; without any text it is undefined. */
  toTurn(cut?: AssistantTurn["cut"]): AssistantTurn | undefined;
}

/** Characters of a text that an unstored run keeps for its next step. No model accepts more as input. */
const maxUnstoredCharacters = 1_048_576;

/** `knownIds` are the call ids of the conversation. A call that repeats one, or has none, gets a new id. */
export function createStep(
  run: Run,
  knownIds: ReadonlySet<string>,
  newId: NewId,
  limits: AnswerLimits,
): Step {
  const clientTools = new Set(run.tools.map(({ name }) => name));
  const forcedName = typeof run.toolChoice === "object" ? run.toolChoice.name : undefined;
  const calls = new Map<number, PendingCall | undefined>();
  const ids = new Set(knownIds);
  const maxCharacters =
    run.sessionKey === undefined && run.journal === undefined ? maxUnstoredCharacters : Infinity;
  const appendText = (current: string, fragment: string): string =>
    current.length < maxCharacters ? current + fragment : current;
  let text = "";
  let thinking = "";
  let refusal = "";
  const joinText = createFragmentJoiner();
  const joinThinking = createFragmentJoiner();
  const joinRefusal = createFragmentJoiner();
  let state: ProviderState | undefined;
  let clientCallCount = 0;
  let finish: Step["finish"];
  let answerBytes = 0;
  let exceededLimit: Step["exceededLimit"];

  const exceeds = (limit: keyof AnswerLimits, value: number): boolean => {
    if (limits[limit] === 0 || value <= limits[limit]) return false;
    exceededLimit = limit;
    return true;
  };
  const exceedsAnswer = (addedText: string): boolean =>
    exceeds("maxAnswerBytes", (answerBytes += Buffer.byteLength(addedText)));

  /** Returns undefined when `tool_choice` or `parallel_tool_calls` does not allow the call. */
  const createCall = (providerId: string, name: string): PendingCall | undefined => {
    if (forcedName !== undefined && name !== forcedName) return undefined;
    // `none` excludes the client's tools only. The agent's own tools were offered.
    if (run.toolChoice === "none" && clientTools.has(name)) return undefined;
    if (!run.parallelToolCalls && [...calls.values()].some((call) => call !== undefined)) return undefined;
    const id = providerId === "" || ids.has(providerId) ? newId("call_") : providerId;
    ids.add(id);
    const clientIndex = clientTools.has(name) ? clientCallCount++ : undefined;
    return { id, name, arguments: "", argumentBytes: 0, joinFragments: createFragmentJoiner(), clientIndex };
  };

  const toRunEvent = (event: ModelEvent): RunEvent | undefined => {
    if (exceededLimit !== undefined) return undefined;
    switch (event.type) {
      case "text": {
        if (exceedsAnswer(event.text)) return undefined;
        const fragment = joinText(event.text);
        text = appendText(text, fragment);
        if (fragment === "") return undefined;
        return fragment === event.text ? event : { type: "text", text: fragment };
      }
      case "thinking": {
        if (exceedsAnswer(event.text)) return undefined;
        const fragment = joinThinking(event.text);
        thinking = appendText(thinking, fragment);
        if (fragment === event.text) return event;
        return fragment === "" ? undefined : { type: "thinking", text: fragment };
      }
      case "refusal": {
        if (exceedsAnswer(event.text)) return undefined;
        const fragment = joinRefusal(event.text);
        refusal = appendText(refusal, fragment);
        if (fragment === event.text) return event;
        return fragment === "" ? undefined : { type: "refusal", text: fragment };
      }
      case "tool_call": {
        if (exceeds("maxCallsPerStep", calls.size + 1)) return undefined;
        const call = createCall(event.id, event.name);
        calls.set(event.index, call);
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
        state = event.state;
        return undefined;
      case "finish":
        finish = { reason: event.reason, usage: event.usage };
        return undefined;
      case "error":
        return undefined;
    }
  };
  /** A half of a character that is still kept has no other half. */
  const flush = (): readonly RunEvent[] => {
    const halves: readonly ModelEvent[] = [
      { type: "thinking", text: joinThinking() },
      { type: "text", text: joinText() },
      { type: "refusal", text: joinRefusal() },
      ...[...calls].map(([index, call]): ModelEvent => {
        return { type: "tool_call_arguments", index, fragment: call?.joinFragments() ?? "" };
      }),
    ];
    return halves
      .filter((event) => ("text" in event ? event.text : "fragment" in event ? event.fragment : "") !== "")
      .map(toRunEvent)
      .filter((event) => event !== undefined);
  };
  const listCalls = (isClient: boolean): readonly ToolCall[] =>
    [...calls.values()]
      .filter((call) => call !== undefined && (call.clientIndex !== undefined) === isClient)
      .map((call) => ({ id: call?.id ?? "", name: call?.name ?? "", arguments: call?.arguments ?? "" }));

  /** A call that the token limit truncated in its arguments can neither be run nor sent back. */
  const isComplete = (call: ToolCall): boolean => finish?.reason !== "length" || isJson(call.arguments);

  return {
    push: toRunEvent,
    flush,
    get finish() {
      return finish;
    },
    get exceededLimit() {
      return exceededLimit;
    },
    get clientCalls() {
      return listCalls(true);
    },
    get agentCalls() {
      return listCalls(false);
    },
    toTurn(cut) {
      const completeCalls =
        cut === undefined ? [...listCalls(true), ...listCalls(false)].filter(isComplete) : [];
      if (text === "" && thinking === "" && refusal === "" && completeCalls.length === 0 && cut !== undefined)
        return undefined;
      return {
        role: "assistant",
        text,
        ...(thinking === "" ? {} : { thinking }),
        ...(refusal === "" ? {} : { refusal }),
        calls: completeCalls,
        ...(state === undefined || cut !== undefined ? {} : { state }),
        ...(cut === undefined ? {} : { cut }),
      };
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
