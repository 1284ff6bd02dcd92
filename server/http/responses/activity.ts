/** A call of a tool of the agent's own, for callers that ask to see it. */
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import type { ToolCall, ToolOutput } from "../../agent/types.ts";
import { tellAdded, tellDone, type ItemPlace, type Tell } from "./teller.ts";

type ToolActivity = Extract<OutputItem, { type: "openclaw:tool_call" }>;

export interface OpenActivity {
  readonly index: number;
  /** Without a result the tool was cut. */
  close(result: ToolOutput | undefined): OutputItem;
}

export function openActivity(
  tell: Tell,
  { id, index }: ItemPlace,
  { id: call_id, name, arguments: text }: ToolCall,
): OpenActivity {
  const begun: ToolActivity = {
    type: "openclaw:tool_call",
    id,
    status: "in_progress",
    call_id,
    name,
    arguments: text,
    output: null,
    is_error: null,
  };
  tellAdded(tell, index, begun);
  return {
    index,
    close(result) {
      const item: ToolActivity =
        result === undefined
          ? { ...begun, status: "incomplete" }
          : { ...begun, status: "completed", output: textOf(result), is_error: result.isError };
      tellDone(tell, index, item);
      return item;
    },
  };
}

/** What the model is told. Pictures are left out. */
function textOf({ content }: ToolOutput): string {
  return content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}
