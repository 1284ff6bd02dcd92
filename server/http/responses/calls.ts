/** Calls in the making of the caller's tools: functions, and custom tools that take one text. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import type { ToolCall } from "../../agent/types.ts";
import { customInput } from "../chat/tools.ts";
import { numberedTextTemplate } from "../encoded.ts";
import type { NamespacedName } from "./namespaces.ts";
import { tellAdded, tellDone, type ItemPlace, type ItemStatus, type Tell } from "./teller.ts";

type FunctionCall = Extract<OutputItem, { type: "function_call" }>;
type CustomCall = Extract<OutputItem, { type: "custom_tool_call" }>;

/** As its caller knows it. */
type CallBegun = Pick<ToolCall, "id" | "name"> & Partial<NamespacedName>;

export interface OpenCall {
  readonly index: number;
  add(fragment: string): void;
  /** Nothing more can come: the arguments are whole. */
  readonly whole: boolean;
  close(status: ItemStatus): OutputItem;
}

export function openFunctionCall(
  tell: Tell,
  { id, index }: ItemPlace,
  { id: call_id, name, namespace }: CallBegun,
): OpenCall {
  const place = { item_id: id, output_index: index };
  const begun: FunctionCall = {
    type: "function_call",
    id,
    status: "in_progress",
    call_id,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    arguments: "",
  };
  const delta = numberedTextTemplate<ResponseEvent>((sequence_number, piece) => ({
    type: "response.function_call_arguments.delta",
    sequence_number,
    ...place,
    delta: piece,
  }));
  let text = "";
  const add = (fragment: string): void => {
    if (fragment === "") return;
    text += fragment;
    tell((sequence_number) => delta(sequence_number, fragment));
  };
  tellAdded(tell, index, begun);
  return {
    index,
    add,
    get whole() {
      return isWhole(text);
    },
    close(status) {
      // Models write nothing for a function without parameters; callers parse what they get.
      if (text === "" && status === "completed") add("{}");
      const item: FunctionCall = { ...begun, status, arguments: text };
      tell((sequence_number) => ({
        type: "response.function_call_arguments.done",
        sequence_number,
        ...place,
        name,
        arguments: text,
      }));
      tellDone(tell, index, item);
      return item;
    },
  };
}

/** The model writes JSON around the text for the tool: only the whole can be told. */
export function openCustomCall(
  tell: Tell,
  { id, index }: ItemPlace,
  { id: call_id, name, namespace }: CallBegun,
): OpenCall {
  const place = { item_id: id, output_index: index };
  const begun: CustomCall = {
    type: "custom_tool_call",
    id,
    status: "in_progress",
    call_id,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    input: "",
  };
  let text = "";
  tellAdded(tell, index, begun);
  return {
    index,
    add(fragment) {
      text += fragment;
    },
    get whole() {
      return isWhole(text);
    },
    close(status) {
      const input = status === "completed" ? customInput(text) : "";
      const item: CustomCall = { ...begun, status, input };
      if (input !== "")
        tell((sequence_number) => ({
          type: "response.custom_tool_call_input.delta",
          sequence_number,
          ...place,
          delta: input,
        }));
      tell((sequence_number) => ({
        type: "response.custom_tool_call_input.done",
        sequence_number,
        ...place,
        input,
      }));
      tellDone(tell, index, item);
      return item;
    },
  };
}

/** Arguments are an object: once it is closed, nothing but space can follow. */
function isWhole(text: string): boolean {
  if (!text.trimEnd().endsWith("}")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
