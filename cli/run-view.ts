/** Shows a run as it happens: words to stdout as they come, what its tools do to stderr. */
import type { AgentEvent } from "../clients/typescript/src/index.ts";
import type { Io } from "./io.ts";

export interface RunView {
  show(event: AgentEvent): void;
  /** Shows what is missing of the whole answer, and ends the line. */
  end(answer?: string): void;
}

const longestDetail = 200;

export function createRunView(io: Io, verbose: boolean): RunView {
  /** Of the present message, and of all of them. */
  let message = "";
  let everything = "";
  let inLine = false;
  const tools = new Map<string, string>();

  const write = (text: string): void => {
    if (text === "") return;
    io.write(text);
    everything += text;
    inLine = !text.endsWith("\n");
  };
  const endLine = (): void => {
    if (inLine) io.write("\n");
    inLine = false;
  };
  const note = (text: string): void => {
    if (!verbose) return;
    endLine();
    io.dim(text);
  };

  return {
    show({ stream, data }) {
      if (stream === "assistant") {
        // Each text is told whole, so that none is lost with an event.
        const known = data.text.startsWith(message) ? message.length : 0;
        write(data.text.slice(known));
        message = data.text;
      } else if (stream === "tool") {
        const name = data.name ?? tools.get(data.toolCallId) ?? "a tool";
        tools.set(data.toolCallId, name);
        if (data.phase === "start") {
          message = "";
          endLine();
          note(`[${name}] ${cut(JSON.stringify(data.args) ?? "")}`);
        } else if (data.phase === "result") {
          note(`[${name}] ${data.isError === true ? "failed: " : ""}${cut(data.result ?? "")}`);
        }
      } else if (stream === "lifecycle" && data.phase === "fallback") {
        note(`[${data.from}] failed: ${data.error}; ${data.to} is asked`);
      } else if (stream === "compaction") {
        note("[session] was too long: a summary stands for its beginning now");
      }
    },
    end(answer = "") {
      if (answer.startsWith(everything)) write(answer.slice(everything.length));
      endLine();
    },
  };
}

/** The first line, and not all of a long one. */
function cut(text: string): string {
  const [line = "", ...more] = text.split("\n");
  return line.length > longestDetail || more.length > 0 ? `${line.slice(0, longestDetail)} …` : line;
}
