/** Prints a run as it happens: the reply to stdout, rendered on a terminal, and the calls of tools. */
import type { AgentEvent } from "../../clients/typescript/src/index.ts";
import type { Io } from "../io.ts";
import { createActivity } from "./activity.ts";
import { createMarkdownWriter, type MarkdownWriter } from "./markdown.ts";
import type { ToolLines } from "./tool-lines.ts";

export interface RunView {
  show(event: AgentEvent): void;
  /** Prints the rest of the complete reply and ends the line. */
  end(answer?: string): void;
}

/** @param tools shows the calls of tools; undefined shows none */
export function createRunView(io: Io, tools: ToolLines | undefined): RunView {
  const reply = io.terminal === undefined ? createPlainWriter(io) : createMarkdownWriter(io.terminal);
  const activity = createActivity(io.terminal);
  /** Text of the current message, and all text printed so far. */
  let message = "";
  let printedText = "";
  const calls = new Map<string, { readonly name: string; readonly startedAt: number }>();

  const print = (text: string): void => {
    if (text === "") return;
    activity.stop();
    reply.write(text);
    printedText += text;
  };
  const showTool = (show: (lines: ToolLines) => void): void => {
    if (tools === undefined) return;
    activity.stop();
    reply.endLine();
    show(tools);
  };

  activity.start("waiting for the model,");
  return {
    show({ stream, data, ts }) {
      if (stream === "assistant") {
        // Without `text-deltas` each event has the whole text so far, so a lost event loses no text.
        const { text = message + data.delta } = data;
        print(text.slice(text.startsWith(message) ? message.length : 0));
        message = text;
      } else if (stream === "tool") {
        const { name = calls.get(data.toolCallId)?.name ?? "a tool" } = data;
        if (data.phase === "start") {
          message = "";
          calls.set(data.toolCallId, { name, startedAt: ts });
          reply.endLine();
          showTool((lines) => lines.start(name, data.args));
          activity.start(`running ${name},`);
        } else if (data.phase === "result") {
          const { isError = false, result = "" } = data;
          const durationMs = ts - (calls.get(data.toolCallId)?.startedAt ?? ts);
          showTool((lines) => lines.end(name, { isError, text: result, durationMs }));
          activity.start("waiting for the model,");
        }
      } else if (stream === "lifecycle" && data.phase === "fallback") {
        showTool((lines) => lines.note(`[${data.from}] failed: ${data.error}; trying ${data.to}`));
      } else if (stream === "compaction") {
        showTool((lines) =>
          lines.note("[session] was too long: its oldest turns were replaced by a summary"),
        );
      }
    },
    end(answer = "") {
      if (answer.startsWith(printedText)) print(answer.slice(printedText.length));
      activity.stop();
      reply.endLine();
    },
  };
}

/** For pipes and files: the text as it is. */
function createPlainWriter(io: Io): MarkdownWriter {
  let isMidLine = false;
  return {
    write(text) {
      io.write(text);
      isMidLine = !text.endsWith("\n");
    },
    endLine() {
      if (isMidLine) io.write("\n");
      isMidLine = false;
    },
  };
}
