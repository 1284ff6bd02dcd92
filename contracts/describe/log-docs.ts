/** Renders the table of docs/logging.md from the events of the log. */
import type { LogEvent } from "../log-events/log-event.ts";
import { logEvents } from "../log-events/log-events.ts";

export function renderLogEvents(): string {
  const rows = Object.entries<LogEvent>(logEvents).map(
    ([message, { levels, meaning }]) =>
      `| \`${message}\` | ${levels.join(", ")} | ${meaning.replaceAll("|", "\\|")} |`,
  );
  return ["| message | level | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}
