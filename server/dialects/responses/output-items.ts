/** The output items of a response in progress: which of them are open, and which the next item completes. */
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import type { PartState, Phase, StateEvent, ToolCall, ToolOutput } from "../../agent/types.ts";
import { createToolActivityItem, type ToolActivityItem } from "./tool-activity-item.ts";
import { toolSearchName } from "../../../contracts/http/responses/tools.ts";
import {
  createCustomToolCallItem,
  createFunctionCallItem,
  createToolSearchCallItem,
  type ToolCallItem,
} from "./tool-call-items.ts";
import { createItemId } from "./item-id.ts";
import { createMessageItem, type MessageItem } from "./message-item.ts";
import type { NamespacedName } from "./parse-tools.ts";
import { createReasoningItem, type ReasoningItem } from "./reasoning-item.ts";
import type { ItemLocation, FinalItemStatus, Emit } from "./event-emitter.ts";

/** How output items are presented to the client. */
export interface OutputOptions {
  /** Names of the tools whose calls are `custom_tool_call` items. */
  readonly customToolNames: ReadonlySet<string>;
  /** The client's names of tools in namespaces, by the names that the model sees. */
  readonly namespacedTools: ReadonlyMap<string, NamespacedName>;
  /** Whether calls of `tool_search` are searches for tools, which the client executes. */
  readonly hasToolSearch: boolean;
  /** Whether calls of the agent's own tools become items. */
  readonly includesToolActivity: boolean;
  /** Defined when the client requests encrypted reasoning. */
  readonly encrypt: ((text: string) => string) | undefined;
}

export interface OutputItems {
  /** `phase` is the model's. A text of another one begins a message. */
  appendMessage(type: "output_text" | "refusal", fragment: string, phase?: Phase): void;
  appendReasoning(fragment: string): void;
  /** Adds what a provider attached to thinking or a call, for a client that requests encrypted reasoning. */
  addState(event: StateEvent): void;
  startCall(index: number, call: Pick<ToolCall, "id" | "name">): void;
  appendCallArguments(index: number, fragment: string): void;
  startTool(call: ToolCall): void;
  endTool(callId: string, result: ToolOutput): void;
  /** Completes every open item with this status. `phase` is that of an open message to which the model gave none. */
  completeAll(status: FinalItemStatus, phase: Phase | undefined): void;
  /** Whether there is a message, complete or not. */
  hasMessage(): boolean;
  /** Returns the completed items, in the order of their indexes. */
  listCompleted(): OutputItem[];
}

/** `onItemStart` is called before each item. */
export function createOutputItems(
  responseId: string,
  emit: Emit,
  { customToolNames, namespacedTools, hasToolSearch, includesToolActivity, encrypt }: OutputOptions,
  onItemStart: () => void,
): OutputItems {
  const completedItems = new Map<number, OutputItem>();
  let nextIndex = 0;
  let message: MessageItem | undefined;
  let reasoning: ReasoningItem | undefined;
  let messagePhase: Phase | undefined;
  let hasMessage = false;
  /** The open calls by the index that the run gives them, and the open tool activity by call id. */
  const calls = new Map<number, ToolCallItem>();
  const activities = new Map<string, ToolActivityItem>();
  /** The ids of calls by index, and what the provider attached to them. */
  const callIds = new Map<number, string>();
  const callStates: Record<string, PartState> = {};
  let callStateModel: string | undefined;

  const allocateItem = (kind: string): ItemLocation => {
    onItemStart();
    const index = nextIndex++;
    return { id: createItemId(kind, responseId, index), index };
  };
  const completeMessage = (status: FinalItemStatus, phase: Phase | undefined): void => {
    if (message !== undefined)
      completedItems.set(message.index, message.complete(status, messagePhase ?? phase));
    message = undefined;
  };
  const completeReasoning = (status: FinalItemStatus): void => {
    if (reasoning !== undefined) completedItems.set(reasoning.index, reasoning.complete(status));
    reasoning = undefined;
  };
  const completeCall = (key: number, call: ToolCallItem, status: FinalItemStatus): void => {
    completedItems.set(call.index, call.complete(status));
    calls.delete(key);
  };
  const completeActivity = (callId: string, result: ToolOutput | undefined): void => {
    const activity = activities.get(callId);
    if (activity !== undefined) completedItems.set(activity.index, activity.complete(result));
    activities.delete(callId);
  };

  /** Completes what the next item ends. A call stays open while its arguments are incomplete. */
  function completeFinishedItems(): void {
    completeMessage("completed", "commentary");
    completeReasoning("completed");
    for (const [key, call] of calls) if (call.isComplete()) completeCall(key, call, "completed");
  }

  /** `name` is the one that the model sees. */
  function createCallItem(call: Parameters<typeof createFunctionCallItem>[2], name: string): ToolCallItem {
    if (hasToolSearch && name === toolSearchName)
      return createToolSearchCallItem(emit, allocateItem("tsc"), call);
    return customToolNames.has(name)
      ? createCustomToolCallItem(emit, allocateItem("ctc"), call)
      : createFunctionCallItem(emit, allocateItem("fc"), call);
  }

  function openReasoning(): ReasoningItem {
    if (reasoning === undefined) {
      completeFinishedItems();
      reasoning = createReasoningItem(emit, allocateItem("rs"), encrypt);
    }
    return reasoning;
  }

  /** The states of calls are known only after the reasoning that led to them: a last item without text has them. */
  function addCallStates(): void {
    if (encrypt === undefined || callStateModel === undefined) return;
    const item = createReasoningItem(emit, allocateItem("rs"), encrypt, callStateModel, callStates);
    completedItems.set(item.index, item.complete("completed"));
  }

  return {
    appendMessage(type, fragment, phase) {
      if (message !== undefined && type === "output_text" && phase !== messagePhase) {
        completeMessage("completed", "commentary");
        // It separates the texts of one message.
        if (fragment.trim() === "") return;
      }
      if (message === undefined) {
        messagePhase = phase;
        completeFinishedItems();
        message = createMessageItem(emit, allocateItem("msg"));
        hasMessage = true;
      }
      message.appendDelta(type, fragment);
    },
    appendReasoning(fragment) {
      openReasoning().appendDelta(fragment);
    },
    addState(event) {
      if (encrypt === undefined) return;
      if (event.type === "tool_call_state") {
        callStateModel = event.model;
        callStates[callIds.get(event.index) ?? ""] = event.state;
      } else if (event.part === "thinking") openReasoning().addState(event.model, event.state);
    },
    startCall(index, call) {
      completeFinishedItems();
      callIds.set(index, call.id);
      const clientCall = { ...call, ...namespacedTools.get(call.name) };
      calls.set(index, createCallItem(clientCall, call.name));
    },
    appendCallArguments: (index, fragment) => calls.get(index)?.appendArguments(fragment),
    startTool(call) {
      completeFinishedItems();
      if (includesToolActivity)
        activities.set(call.id, createToolActivityItem(emit, allocateItem("tool"), call));
    },
    endTool: completeActivity,
    completeAll(status, phase) {
      completeMessage(status, phase);
      completeReasoning(status);
      for (const [key, call] of calls) completeCall(key, call, call.isComplete() ? "completed" : status);
      for (const callId of activities.keys()) completeActivity(callId, undefined);
      if (status === "completed") addCallStates();
    },
    hasMessage: () => hasMessage,
    listCompleted() {
      return [...completedItems].toSorted(([a], [b]) => a - b).map(([, item]) => item);
    },
  };
}
