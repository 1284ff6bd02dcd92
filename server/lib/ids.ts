/** Creates ids: a prefix for the kind and 128 random bits. */
import { randomFillSync } from "node:crypto";
import type { NewId } from "./ports.ts";

const bytesPerId = 16;
/** Random bytes of many ids: a call for the bytes of one id costs as much as for those of all. */
const pool = Buffer.alloc(256 * bytesPerId);
let position = pool.length;

export const randomId: NewId = (prefix) => {
  if (position === pool.length) {
    randomFillSync(pool);
    position = 0;
  }
  const start = position;
  position += bytesPerId;
  return prefix + pool.toString("hex", start, position);
};
