/** Ids that a test can foresee: `chatcmpl-1`, `chatcmpl-2`, `req_1`, a counter a prefix. */
import type { NewId } from "../../../server/lib/ports.ts";

export function createSequentialIds(): NewId {
  const counts = new Map<string, number>();
  return (prefix) => {
    const count = (counts.get(prefix) ?? 0) + 1;
    counts.set(prefix, count);
    return `${prefix}${count}`;
  };
}
