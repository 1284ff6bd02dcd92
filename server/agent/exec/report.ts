/** What the model and programs are told of a command. */
import { cutText } from "../tools/cap-output.ts";
import { failed, said } from "../tools/define-tool.ts";
import type { ToolOutput } from "../types.ts";
import type { Command, CommandEnd, StopReason } from "./command.ts";

/** Characters of output that the model is shown at once: below what a result may have. */
const maxShown = 80_000;

/** What has become of a command, for programs. */
export function commandDetails({ pid, output, end }: Command): Readonly<Record<string, unknown>> {
  return {
    status: end === undefined ? "running" : "ended",
    pid,
    exitCode: end?.exitCode ?? null,
    signal: end?.signal ?? null,
    timedOut: end?.stopped === "timeout",
    truncated: output.dropped > 0,
    droppedBytes: output.dropped,
    ...(end === undefined ? {} : { durationMs: end.durationMs }),
  };
}

/** The result of a command that is over. One that ended by itself is no failure, whatever its exit code. */
export function commandResult(command: Command, end: CommandEnd): ToolOutput {
  const output = command.output.read();
  const details = { ...commandDetails(command), output };
  const text = shownOutput(output);
  if (end.stopped === undefined) return said(`${text}\n\n(${outcome(end)})`, details);
  // First: where little of a failure is shown, its beginning is.
  return failed(`The command was ended: ${outcome(end)}.\n\n${text}`, details);
}

const stopReasons: Readonly<Record<StopReason, string>> = {
  timeout: "it took too long",
  aborted: "the run was aborted",
  killed: "it was killed",
  shutdown: "the gateway is stopping",
};

/** Without a full stop, such as "exit code 0 after 0.2 s". */
export function outcome({ exitCode, signal, stopped, durationMs, allGone }: CommandEnd): string {
  const how =
    stopped !== undefined
      ? stopReasons[stopped]
      : exitCode !== null
        ? `exit code ${exitCode}`
        : `ended by ${signal ?? "an unknown signal"}`;
  const left = allGone ? "" : "; a process of it is still there and could not be ended";
  return `${how}, after ${(durationMs / 1000).toFixed(1)} s${left}`;
}

/** Without the blank at its end; the middle of long output is left out. */
export function shownOutput(output: string): string {
  const text = output.trimEnd();
  if (text === "") return "(no output)";
  if (text.length <= maxShown) return text;
  const head = cutText(text, maxShown / 2);
  const tail = text.slice(-maxShown / 2).replace(/^[\uDC00-\uDFFF]/, "");
  return `${head}\n[${text.length - head.length - tail.length} characters are left out here]\n${tail}`;
}
