/** Shows the activity of the agent's own tools as thinking, for chat programs that show only that. */
import type { RunEvent, StartRun } from "../../agent/types.ts";
import { truncateText } from "../../lib/truncate-text.ts";
import { textOfParts } from "../../agent/parts.ts";

const maxLength = 300;

export function withToolsAsThinking(run: StartRun): StartRun {
  return (sink) => {
    const names = new Map<string, string>();
    return run({
      ...sink,
      emit(event) {
        const line = toLine(event, names);
        if (line !== undefined) sink.emit({ type: "thinking", text: `\n\n${line}\n\n` });
        sink.emit(event);
      },
    });
  };
}

/** Returns one line for the start and the result of a tool. */
function toLine(event: RunEvent, names: Map<string, string>): string | undefined {
  if (event.type === "tool_start") {
    const { id, name, arguments: text } = event.call;
    names.set(id, name);
    return `${name} ${toPreview(text)}`;
  }
  if (event.type !== "tool_result") return undefined;
  const { content, isError } = event.output;
  const name = names.get(event.callId) ?? "the tool";
  return `${name} ${isError ? "failed" : "returned"}: ${toPreview(textOfParts(content))}`;
}

const toPreview = (text: string): string => truncateText(text.replaceAll(/\s+/g, " ").trim(), maxLength);
