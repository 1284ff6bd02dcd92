/** One model call of a run: what it has said so far, which of it the door sees, what it amounts to. */
import type {
  AssistantTurn,
  FinishReason,
  ModelEvent,
  NewId,
  ProviderState,
  Run,
  RunEvent,
  ToolCall,
  Usage,
} from "./types.ts";

/** A call in the making. */
interface OpenCall {
  readonly id: string;
  readonly name: string;
  arguments: string;
  /** Its number among the calls that the client sees; absent for the agent's own. */
  readonly shownAs: number | undefined;
}

export interface Step {
  /** Takes in a model event; returns what the door should see of it, often the very same object. */
  take(event: ModelEvent): RunEvent | undefined;
  readonly finish: { readonly reason: FinishReason; readonly usage: Usage | undefined } | undefined;
  readonly clientCalls: readonly ToolCall[];
  readonly otherCalls: readonly ToolCall[];
  /** The turn as it stands; of a step that was cut, only its text. */
  turn(cut?: AssistantTurn["cut"]): AssistantTurn | undefined;
}

/** Characters that a run which is not stored keeps of a text, for its next step: no model takes more back. */
const maxPassing = 1_048_576;

/** `knownIds` are the call ids of the conversation: a model that repeats one, or gives none, gets a new id. */
export function createStep(run: Run, knownIds: ReadonlySet<string>, newId: NewId): Step {
  const clientTools = new Set(run.tools.map(({ name }) => name));
  const forced = typeof run.toolChoice === "object" ? run.toolChoice.name : undefined;
  const calls = new Map<number, OpenCall | undefined>();
  const ids = new Set(knownIds);
  const kept = run.sessionKey === undefined && run.journal === undefined ? maxPassing : Infinity;
  const grown = (sofar: string, more: string): string => (sofar.length < kept ? sofar + more : sofar);
  let text = "";
  let thinking = "";
  let refusal = "";
  let state: ProviderState | undefined;
  let clientCallCount = 0;
  let finish: Step["finish"];

  /** The call, or nothing where `tool_choice` or `parallel_tool_calls` does not allow it. */
  const begin = (given: string, name: string): OpenCall | undefined => {
    if (forced !== undefined && name !== forced) return undefined;
    // The choice is about the client's tools; the agent's own were offered all the same.
    if (run.toolChoice === "none" && clientTools.has(name)) return undefined;
    if (!run.parallelToolCalls && [...calls.values()].some((call) => call !== undefined)) return undefined;
    const id = given === "" || ids.has(given) ? newId("call_") : given;
    ids.add(id);
    return { id, name, arguments: "", shownAs: clientTools.has(name) ? clientCallCount++ : undefined };
  };

  const visible = (event: ModelEvent): RunEvent | undefined => {
    switch (event.type) {
      case "text":
        text = grown(text, event.text);
        return event.text === "" ? undefined : event;
      case "thinking":
        thinking = grown(thinking, event.text);
        return event;
      case "refusal":
        refusal = grown(refusal, event.text);
        return event;
      case "tool_call": {
        const call = begin(event.id, event.name);
        calls.set(event.index, call);
        if (call?.shownAs === undefined) return undefined;
        return { type: "tool_call", index: call.shownAs, id: call.id, name: call.name };
      }
      case "tool_call_arguments": {
        const call = calls.get(event.index);
        if (call === undefined) return undefined;
        call.arguments += event.fragment;
        if (call.shownAs === undefined) return undefined;
        return { type: "tool_call_arguments", index: call.shownAs, fragment: event.fragment };
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
  const made = (client: boolean): readonly ToolCall[] =>
    [...calls.values()]
      .filter((call) => call !== undefined && (call.shownAs !== undefined) === client)
      .map((call) => ({ id: call?.id ?? "", name: call?.name ?? "", arguments: call?.arguments ?? "" }));

  /** A call that the token limit cut in the middle of its arguments cannot be answered, nor sent again. */
  const complete = (call: ToolCall): boolean => finish?.reason !== "length" || isJson(call.arguments);

  return {
    take: visible,
    get finish() {
      return finish;
    },
    get clientCalls() {
      return made(true);
    },
    get otherCalls() {
      return made(false);
    },
    turn(cut) {
      const done = cut === undefined ? [...made(true), ...made(false)].filter(complete) : [];
      if (text === "" && thinking === "" && refusal === "" && done.length === 0 && cut !== undefined)
        return undefined;
      return {
        role: "assistant",
        text,
        ...(thinking === "" ? {} : { thinking }),
        ...(refusal === "" ? {} : { refusal }),
        calls: done,
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
