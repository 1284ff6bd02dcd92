/** Events of the agent's own tools in the words of the contract; undefined for all other events. */
import type { ToolActivity } from "../../contracts/http/tool-activity.ts";
import type { RunEvent } from "../agent/types.ts";

export function toolActivity(event: RunEvent): ToolActivity | undefined {
  switch (event.type) {
    case "tool_start": {
      const { id, name, arguments: text } = event.call;
      return { type: "tool_call", id, name, arguments: text };
    }
    case "tool_output":
      return { type: "tool_output", id: event.callId, text: event.text };
    case "tool_result": {
      const { content, isError } = event.output;
      const text = content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
      return { type: "tool_result", id: event.callId, text, is_error: isError };
    }
    default:
      return undefined;
  }
}
