/** Messages and results of tools as the JSON of the conventions. Only spans of a configuration that asks for content have them. */
import type { ToolOutput, Turn } from "../../agent/types.ts";

/** Characters of one attribute. Collectors reject exports of many megabytes. */
const maxCharacters = 65_536;

export const truncateContent = (text: string): string => text.slice(0, maxCharacters);

export const formatMessages = (turns: readonly Turn[]): string =>
  truncateContent(JSON.stringify(turns.map(toMessage)));

export const formatToolResult = ({ content }: ToolOutput): string =>
  truncateContent(JSON.stringify(content.map((part) => toPart(part))));

const toMessage = (turn: Turn): object => ({
  role: turn.role,
  parts: turn.content.map((part) =>
    turn.role === "tool"
      ? { type: "tool_call_response", id: turn.callId, response: toPart(part) }
      : toPart(part),
  ),
});

/** Images are left out: their data says nothing to a reader of a trace. */
function toPart(part: Turn["content"][number]): object {
  switch (part.type) {
    case "text":
      return { type: "text", content: part.text };
    case "thinking":
      return { type: "reasoning", content: part.text };
    case "tool_call":
      return { type: "tool_call", id: part.id, name: part.name, arguments: part.arguments };
    default:
      return { type: part.type };
  }
}
