/** Notices a model that calls the same tool with the same arguments again and again, and stops it. */
import type { ToolCall } from "./types.ts";

export interface Repetition {
  /** What the model is told instead of a result, from the third same call in a row on. */
  refuse(call: ToolCall): string | undefined;
}

const allowed = 2;

/** `mayRepeat` says which tools are meant to be asked again, such as one that waits for a command. */
export function createRepetition(mayRepeat: (tool: string) => boolean): Repetition {
  let last = "";
  let times = 0;
  return {
    refuse(call) {
      const made = `${call.name} ${canonical(call.arguments)}`;
      times = made === last ? times + 1 : 1;
      last = made;
      if (times <= allowed || mayRepeat(call.name)) return undefined;
      return `${call.name} was called with the same arguments ${times} times in a row, and was not run again. The result will be the same: use what you have, or do something else.`;
    },
  };
}

/** Arguments that differ only in spaces are the same. */
function canonical(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
