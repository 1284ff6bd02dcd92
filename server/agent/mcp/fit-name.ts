/** The name that a server's tool has here: `<server>__<tool>`, in the alphabet and length that every provider takes. */
import { createHash } from "node:crypto";

const maxLength = 64;
const digits = 8;

/** A name that has to be changed ends with a mark of the original, so that two never become one. */
export function fitName(server: string, tool: string): string {
  const name = `${server}__${tool}`;
  if (name.length <= maxLength && /^[a-zA-Z0-9_-]+$/.test(name) && tool !== "") return name;
  const mark = createHash("sha256").update(tool).digest("hex").slice(0, digits);
  const plain = name.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, maxLength - digits - 1);
  return `${plain}_${mark}`;
}
