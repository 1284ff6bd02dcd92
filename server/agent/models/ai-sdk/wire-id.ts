/** Call ids as every API takes them: a conversation may have come from elsewhere. */
import { createHash } from "node:crypto";

export function wireId(id: string): string {
  if (/^[\w-]{1,64}$/.test(id)) return id;
  return `call_${createHash("sha256").update(id).digest("hex").slice(0, 40)}`;
}
