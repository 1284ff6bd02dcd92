/** Output items of calls of the client's tools: functions, and custom tools, which take one text. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import type { ToolCall } from "../../agent/types.ts";
import { parseArguments } from "../../agent/models/untrusted-json.ts";
import { unwrapCustomInput } from "../../agent/custom-tools.ts";
import { createSequencedDeltaTemplate } from "../preserialized.ts";
import {
  emitItemAdded,
  emitItemDone,
  type ItemLocation,
  type FinalItemStatus,
  type Emit,
} from "./event-emitter.ts";

type FunctionCall = Extract<OutputItem, { type: "function_call" }>;
type ToolSearchCall = Extract<OutputItem, { type: "tool_search_call" }>;
type CustomCall = Extract<OutputItem, { type: "custom_tool_call" }>;

/** Under the name that the client knows. */
type CallStart = Pick<ToolCall, "id" | "name"> & { readonly namespace?: string | undefined };

export interface ToolCallItem {
  readonly index: number;
  appendArguments(fragment: string): void;
  /** Whether the arguments are a complete JSON object, so that no more can follow. */
  isComplete(): boolean;
  complete(status: FinalItemStatus): OutputItem;
}

export function createFunctionCallItem(
  emit: Emit,
  { id, index }: ItemLocation,
  { id: call_id, name, namespace }: CallStart,
): ToolCallItem {
  const location = { item_id: id, output_index: index };
  const initialItem: FunctionCall = {
    type: "function_call",
    id,
    status: "in_progress",
    call_id,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    arguments: "",
  };
  const delta = createSequencedDeltaTemplate<ResponseEvent>((sequence_number, fragment) => ({
    type: "response.function_call_arguments.delta",
    sequence_number,
    ...location,
    delta: fragment,
  }));
  let text = "";
  const appendArguments = (fragment: string): void => {
    if (fragment === "") return;
    text += fragment;
    emit((sequence_number) => delta(sequence_number, fragment));
  };
  emitItemAdded(emit, index, initialItem);
  return {
    index,
    appendArguments,
    isComplete: () => isCompleteJson(text),
    complete(status) {
      // Models send nothing for a function without parameters, but clients parse the arguments.
      if (text === "" && status === "completed") appendArguments("{}");
      const item: FunctionCall = { ...initialItem, status, arguments: text };
      emit((sequence_number) => ({
        type: "response.function_call_arguments.done",
        sequence_number,
        ...location,
        name,
        arguments: text,
      }));
      emitItemDone(emit, index, item);
      return item;
    },
  };
}

/** The model writes the text inside a JSON object, so the text is known only when the object is complete. */
export function createCustomToolCallItem(
  emit: Emit,
  { id, index }: ItemLocation,
  { id: call_id, name, namespace }: CallStart,
): ToolCallItem {
  const location = { item_id: id, output_index: index };
  const initialItem: CustomCall = {
    type: "custom_tool_call",
    id,
    status: "in_progress",
    call_id,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    input: "",
  };
  let text = "";
  emitItemAdded(emit, index, initialItem);
  return {
    index,
    appendArguments(fragment) {
      text += fragment;
    },
    isComplete: () => isCompleteJson(text),
    complete(status) {
      const input = status === "completed" ? unwrapCustomInput(text) : "";
      const item: CustomCall = { ...initialItem, status, input };
      if (input !== "")
        emit((sequence_number) => ({
          type: "response.custom_tool_call_input.delta",
          sequence_number,
          ...location,
          delta: input,
        }));
      emit((sequence_number) => ({
        type: "response.custom_tool_call_input.done",
        sequence_number,
        ...location,
        input,
      }));
      emitItemDone(emit, index, item);
      return item;
    },
  };
}

/** A search for tools is a call of a function whose item has its arguments as an object, without deltas. */
export function createToolSearchCallItem(
  emit: Emit,
  { id, index }: ItemLocation,
  { id: call_id }: CallStart,
): ToolCallItem {
  const initialItem: ToolSearchCall = {
    type: "tool_search_call",
    id,
    status: "in_progress",
    call_id,
    execution: "client",
    arguments: {},
  };
  let text = "";
  emitItemAdded(emit, index, initialItem);
  return {
    index,
    appendArguments(fragment) {
      text += fragment;
    },
    isComplete: () => isCompleteJson(text),
    complete(status) {
      const item: ToolSearchCall = { ...initialItem, status, arguments: { ...parseArguments(text) } };
      emitItemDone(emit, index, item);
      return item;
    },
  };
}

/** Arguments are a JSON object: after its end only white space can follow. */
function isCompleteJson(text: string): boolean {
  if (!text.trimEnd().endsWith("}")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
