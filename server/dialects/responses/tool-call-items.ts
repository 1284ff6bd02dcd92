/** Calls in the making of the caller's tools: functions, and custom tools that take one text. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import type { ToolCall } from "../../agent/types.ts";
import { unwrapCustomInput } from "../chat/tools.ts";
import { sequencedDeltaTemplate } from "../preserialized.ts";
import type { NamespacedName } from "./parse-tools.ts";
import {
  emitItemAdded,
  emitItemDone,
  type ItemLocation,
  type FinalItemStatus,
  type Emit,
} from "./event-emitter.ts";

type FunctionCall = Extract<OutputItem, { type: "function_call" }>;
type CustomCall = Extract<OutputItem, { type: "custom_tool_call" }>;

/** As its caller knows it. */
type CallStart = Pick<ToolCall, "id" | "name"> & Partial<NamespacedName>;

export interface ToolCallItem {
  readonly index: number;
  appendArguments(fragment: string): void;
  /** Nothing more can come: the arguments are whole. */
  readonly isComplete: boolean;
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
  const delta = sequencedDeltaTemplate<ResponseEvent>((sequence_number, fragment) => ({
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
    get isComplete() {
      return isCompleteJson(text);
    },
    complete(status) {
      // Models write nothing for a function without parameters; callers parse what they get.
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

/** The model writes JSON around the text for the tool: only the whole can be told. */
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
    get isComplete() {
      return isCompleteJson(text);
    },
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

/** Arguments are an object: once it is closed, nothing but space can follow. */
function isCompleteJson(text: string): boolean {
  if (!text.trimEnd().endsWith("}")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
