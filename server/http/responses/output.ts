/** The items of a response in the making: which are open, and which of them the next one ends. */
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import type { ToolCall, ToolOutput } from "../../agent/types.ts";
import { openActivity, type OpenActivity } from "./activity.ts";
import { openCustomCall, openFunctionCall, type OpenCall } from "./calls.ts";
import { itemId } from "./item-id.ts";
import { openMessage, type OpenMessage } from "./message.ts";
import type { NamespacedName } from "./namespaces.ts";
import { openReasoning, type OpenReasoning } from "./reasoning.ts";
import type { ItemPlace, ItemStatus, Tell } from "./teller.ts";

/** How the items of a response are told. */
export interface OutputStyle {
  /** Names of the tools whose calls are told in the `custom` form. */
  readonly customTools: ReadonlySet<string>;
  /** What callers call the tools that they have in namespaces. */
  readonly namespaced: ReadonlyMap<string, NamespacedName>;
  /** Is the activity of the agent's own tools asked for? */
  readonly showTools: boolean;
  /** Set when thinking is asked for in sealed form. */
  readonly seal: ((text: string) => string) | undefined;
}

type Phase = "commentary" | "final_answer" | undefined;

export interface Output {
  say(type: "output_text" | "refusal", piece: string): void;
  think(piece: string): void;
  call(index: number, call: Pick<ToolCall, "id" | "name">): void;
  callGoesOn(index: number, fragment: string): void;
  toolStarts(call: ToolCall): void;
  toolEnds(callId: string, result: ToolOutput): void;
  /** Ends every open item; what was cut is incomplete. `phase` is what an open message turned out to be. */
  close(status: ItemStatus, phase: Phase): void;
  /** Has anything been said, complete or not? */
  readonly spoken: boolean;
  /** Those that are complete, in their order. */
  readonly items: OutputItem[];
}

/** `begin` is called before each item. */
export function createOutput(
  responseId: string,
  tell: Tell,
  { customTools, namespaced, showTools, seal }: OutputStyle,
  begin: () => void,
): Output {
  const done = new Map<number, OutputItem>();
  let places = 0;
  let message: OpenMessage | undefined;
  let reasoning: OpenReasoning | undefined;
  let spoken = false;
  /** By the run's index, and by call id. */
  const calls = new Map<number, OpenCall>();
  const activities = new Map<string, OpenActivity>();

  const place = (kind: string): ItemPlace => {
    begin();
    const index = places++;
    return { id: itemId(kind, responseId, index), index };
  };
  const closeMessage = (status: ItemStatus, phase: Phase): void => {
    if (message !== undefined) done.set(message.index, message.close(status, phase));
    message = undefined;
  };
  const closeReasoning = (status: ItemStatus): void => {
    if (reasoning !== undefined) done.set(reasoning.index, reasoning.close(status));
    reasoning = undefined;
  };
  const closeCall = (key: number, call: OpenCall, status: ItemStatus): void => {
    done.set(call.index, call.close(status));
    calls.delete(key);
  };
  const closeActivity = (callId: string, result: ToolOutput | undefined): void => {
    const activity = activities.get(callId);
    if (activity !== undefined) done.set(activity.index, activity.close(result));
    activities.delete(callId);
  };

  /** Ends what the next item shows to be over. A call whose arguments may still go on stays open beside it. */
  function settle(): void {
    closeMessage("completed", "commentary");
    closeReasoning("completed");
    for (const [key, call] of calls) if (call.whole) closeCall(key, call, "completed");
  }

  return {
    say(type, piece) {
      if (message === undefined) {
        settle();
        message = openMessage(tell, place("msg"));
        spoken = true;
      }
      message.add(type, piece);
    },
    think(piece) {
      if (reasoning === undefined) {
        settle();
        reasoning = openReasoning(tell, place("rs"), seal);
      }
      reasoning.add(piece);
    },
    call(index, call) {
      settle();
      const named = { ...call, ...namespaced.get(call.name) };
      const custom = customTools.has(call.name);
      calls.set(
        index,
        custom ? openCustomCall(tell, place("ctc"), named) : openFunctionCall(tell, place("fc"), named),
      );
    },
    callGoesOn: (index, fragment) => calls.get(index)?.add(fragment),
    toolStarts(call) {
      settle();
      if (showTools) activities.set(call.id, openActivity(tell, place("tool"), call));
    },
    toolEnds: closeActivity,
    close(status, phase) {
      closeMessage(status, phase);
      closeReasoning(status);
      for (const [key, call] of calls) closeCall(key, call, call.whole ? "completed" : status);
      for (const callId of activities.keys()) closeActivity(callId, undefined);
    },
    get spoken() {
      return spoken;
    },
    get items() {
      return [...done].toSorted(([a], [b]) => a - b).map(([, item]) => item);
    },
  };
}
