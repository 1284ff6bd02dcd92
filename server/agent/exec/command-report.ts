/** Describes a command for the model (text) and for programs (details). */
import { truncateText } from "../../lib/truncate-text.ts";
import { errorResult, textResult } from "../tools/define-tool.ts";
import type { ToolOutput } from "../types.ts";
import type { Command, CommandEnd, StopReason } from "./command.ts";

/** Limit of output in one result, in characters. Below the limit of `capOutput`. */
const maxOutputLength = 80_000;

/** Returns the state of a command for programs. */
export function toCommandDetails({ pid, output, getEnd }: Command): Readonly<Record<string, unknown>> {
  const end = getEnd();
  return {
    status: end === undefined ? "running" : "ended",
    pid,
    exitCode: end?.exitCode ?? null,
    signal: end?.signal ?? null,
    timedOut: end?.stopped === "timeout",
    truncated: output.countDropped() > 0,
    droppedBytes: output.countDropped(),
    ...(end === undefined ? {} : { durationMs: end.durationMs }),
  };
}

/** Returns the result of an ended command. A command that was not stopped is no error, whatever its exit code. */
export function toCommandResult(command: Command, end: CommandEnd): ToolOutput {
  const output = command.output.read();
  const details = { ...toCommandDetails(command), output };
  const text = formatOutput(output);
  if (end.stopped === undefined) return textResult(`${text}\n\n(${describeEnd(end)})`, details);
  // The reason comes first, because clients that truncate an error show its beginning.
  return errorResult(`The command was ended: ${describeEnd(end)}.\n\n${text}`, details);
}

const stopReasons: Readonly<Record<StopReason, string>> = {
  timeout: "it took too long",
  aborted: "the run was aborted",
  killed: "it was killed",
  shutdown: "the gateway is stopping",
};

/** Returns a phrase without a full stop, such as "exit code 0, after 0.2 s". */
export function describeEnd({ exitCode, signal, stopped, durationMs, isTreeEnded }: CommandEnd): string {
  const cause =
    stopped !== undefined
      ? stopReasons[stopped]
      : exitCode !== null
        ? `exit code ${exitCode}`
        : `ended by ${signal ?? "an unknown signal"}`;
  const survivors = isTreeEnded ? "" : "; one of its processes could not be ended";
  return `${cause}, after ${(durationMs / 1000).toFixed(1)} s${survivors}`;
}

/** Trims the end and leaves out the middle of long output. */
export function formatOutput(output: string): string {
  const text = output.trimEnd();
  if (text === "") return "(no output)";
  if (text.length <= maxOutputLength) return text;
  const head = truncateText(text, maxOutputLength / 2);
  const tail = text.slice(-maxOutputLength / 2).replace(/^[\uDC00-\uDFFF]/, "");
  return `${head}\n[${text.length - head.length - tail.length} characters are left out here]\n${tail}`;
}
