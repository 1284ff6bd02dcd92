/** Detects a model that repeats the same tool call, and stops it. */
import type { ToolCall } from "./types.ts";

export interface LoopDetector {
  /** Returns the text that replaces the result of a repeated call, from the third equal call in a row on. */
  checkCall(call: ToolCall): string | undefined;
}

const maxRepeats = 2;

/** `isRepeatable` names tools whose repeated calls make sense, such as one that waits for a command. */
export function createLoopDetector(isRepeatable: (tool: string) => boolean): LoopDetector {
  let lastSignature = "";
  let repeatCount = 0;
  return {
    checkCall(call) {
      const signature = `${call.name} ${canonicalizeJson(call.arguments)}`;
      repeatCount = signature === lastSignature ? repeatCount + 1 : 1;
      lastSignature = signature;
      if (repeatCount <= maxRepeats || isRepeatable(call.name)) return undefined;
      return `${call.name} was called with the same arguments ${repeatCount} times in a row, and was not run again. The result will be the same: use what you have, or do something else.`;
    },
  };
}

/** Makes arguments equal that differ only in whitespace. */
function canonicalizeJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
