/** The sign of life on a terminal: what the command waits for, and for how many seconds. */
import type { Terminal } from "../io.ts";
import { cutToWidth, getWidth } from "../text-width.ts";

export interface Activity {
  /** Shows a text with the seconds since now. The cursor must be at the start of a line. */
  start(text: string): void;
  /** Removes the text. */
  stop(): void;
}

const intervalMs = 1_000;

/** Without a terminal it shows nothing. */
export function createActivity(terminal: Terminal | undefined): Activity {
  let timer: NodeJS.Timeout | undefined;
  let shownWidth = 0;

  const replaceLine = (text: string): void => {
    const line = cutToWidth(text, (terminal?.columns ?? 0) - 1);
    // Spaces erase the previous text also on terminals without control sequences.
    const padding = " ".repeat(Math.max(0, shownWidth - getWidth(line)));
    terminal?.write(`\r${terminal.style("dim", line)}${padding}`);
    shownWidth = getWidth(line);
  };
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
    if (shownWidth > 0) {
      replaceLine("");
      terminal?.write("\r");
    }
  };
  return {
    start(text) {
      stop();
      if (terminal === undefined) return;
      let seconds = 0;
      timer = setInterval(() => replaceLine(`${text} ${(seconds += 1)} s`), intervalMs);
    },
    stop,
  };
}
