/** Cursors of the session list: the position where a page ends, as opaque text. */
import { GatewayError } from "../../lib/errors.ts";
import type { Session } from "./catalog.ts";

export function encodeListCursor({ updatedAt, key }: Session): string {
  return `${updatedAt}.${Buffer.from(key).toString("base64url")}`;
}

/** Throws `invalid_value` for a text that is not a cursor. */
export function parseListCursor(cursor: string): Pick<Session, "key" | "updatedAt"> {
  const [, updatedAt, key] = /^(\d{1,15})\.([\w-]+)$/.exec(cursor) ?? [];
  if (updatedAt === undefined || key === undefined) throw createInvalidCursorError();
  return { updatedAt: Number(updatedAt), key: Buffer.from(key, "base64url").toString() };
}

export function createInvalidCursorError(): GatewayError {
  const message = "cursor: is not a cursor of this list; send a `nextCursor` unchanged.";
  return new GatewayError("invalid_value", message, { param: "cursor" });
}
