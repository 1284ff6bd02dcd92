/** Creates predictable ids with a counter per prefix: `chatcmpl-1`, `chatcmpl-2`, `req_1`. */
import type { NewId } from "../../../server/lib/ports.ts";

export function createSequentialIds(): NewId {
  const counts = new Map<string, number>();
  return (prefix) => {
    const count = (counts.get(prefix) ?? 0) + 1;
    counts.set(prefix, count);
    return `${prefix}${count}`;
  };
}
