/** The output item of a call of the agent's own tool, for clients that request tool activity. */
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import type { ToolCall, ToolOutput } from "../../agent/types.ts";
import { emitItemAdded, emitItemDone, type ItemLocation, type Emit } from "./event-emitter.ts";
import { textOfParts } from "../../agent/parts.ts";

type ToolActivity = Extract<OutputItem, { type: "openclaw:tool_call" }>;

export interface ToolActivityItem {
  readonly index: number;
  /** Without a result the item is incomplete: the tool was stopped. */
  complete(result: ToolOutput | undefined): OutputItem;
}

export function createToolActivityItem(
  emit: Emit,
  { id, index }: ItemLocation,
  { id: call_id, name, arguments: text }: ToolCall,
): ToolActivityItem {
  const initialItem: ToolActivity = {
    type: "openclaw:tool_call",
    id,
    status: "in_progress",
    call_id,
    name,
    arguments: text,
    output: null,
    is_error: null,
  };
  emitItemAdded(emit, index, initialItem);
  return {
    index,
    complete(result) {
      const item: ToolActivity =
        result === undefined
          ? { ...initialItem, status: "incomplete" }
          : {
              ...initialItem,
              status: "completed",
              output: textOfParts(result.content),
              is_error: result.isError,
            };
      emitItemDone(emit, index, item);
      return item;
    },
  };
}
