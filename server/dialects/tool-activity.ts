/** Converts an event of the agent's own tools to the contract's event. Returns undefined for all other events. */
import type { ToolActivity } from "../../contracts/http/tool-activity.ts";
import type { RunEvent } from "../agent/types.ts";
import { textOfParts } from "../agent/parts.ts";

export function toToolActivity(event: RunEvent): ToolActivity | undefined {
  switch (event.type) {
    case "tool_start": {
      const { id, name, arguments: text } = event.call;
      return { type: "tool_call", id, name, arguments: text };
    }
    case "tool_output":
      return { type: "tool_output", id: event.callId, text: event.text };
    case "tool_result": {
      const { content, isError } = event.output;
      return { type: "tool_result", id: event.callId, text: textOfParts(content), is_error: isError };
    }
    default:
      return undefined;
  }
}
