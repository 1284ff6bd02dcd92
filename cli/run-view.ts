/** Prints a run as it happens: reply text to stdout, tool calls to stderr. */
import type { AgentEvent } from "../clients/typescript/src/index.ts";
import type { Io } from "./io.ts";

export interface RunView {
  show(event: AgentEvent): void;
  /** Prints the rest of the complete reply and ends the line. */
  end(answer?: string): void;
}

const maxDetailChars = 200;

export function createRunView(io: Io, verbose: boolean): RunView {
  /** Text of the current message, and all text printed so far. */
  let message = "";
  let printedText = "";
  let isMidLine = false;
  const tools = new Map<string, string>();

  const print = (text: string): void => {
    if (text === "") return;
    io.write(text);
    printedText += text;
    isMidLine = !text.endsWith("\n");
  };
  const endLine = (): void => {
    if (isMidLine) io.write("\n");
    isMidLine = false;
  };
  const printNote = (text: string): void => {
    if (!verbose) return;
    endLine();
    io.dim(text);
  };

  return {
    show({ stream, data }) {
      if (stream === "assistant") {
        // Without `text-deltas` each event has the whole text so far, so a lost event loses no text.
        const { text = message + data.delta } = data;
        print(text.slice(text.startsWith(message) ? message.length : 0));
        message = text;
      } else if (stream === "tool") {
        const name = data.name ?? tools.get(data.toolCallId) ?? "a tool";
        tools.set(data.toolCallId, name);
        if (data.phase === "start") {
          message = "";
          endLine();
          printNote(`[${name}] ${truncate(JSON.stringify(data.args) ?? "")}`);
        } else if (data.phase === "result") {
          printNote(`[${name}] ${data.isError === true ? "failed: " : ""}${truncate(data.result ?? "")}`);
        }
      } else if (stream === "lifecycle" && data.phase === "fallback") {
        printNote(`[${data.from}] failed: ${data.error}; trying ${data.to}`);
      } else if (stream === "compaction") {
        printNote("[session] was too long: its oldest turns were replaced by a summary");
      }
    },
    end(answer = "") {
      if (answer.startsWith(printedText)) print(answer.slice(printedText.length));
      endLine();
    },
  };
}

/** Returns the first line, cut to a maximum length. */
function truncate(text: string): string {
  const [line = "", ...more] = text.split("\n");
  return line.length > maxDetailChars || more.length > 0 ? `${line.slice(0, maxDetailChars)} …` : line;
}
