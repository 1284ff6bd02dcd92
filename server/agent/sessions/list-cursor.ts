/** Where a page of the list of sessions ends, as a text for whoever asks for the next one. */
import { GatewayError } from "../../errors.ts";
import type { Session } from "./catalog.ts";

export function listCursor({ updatedAt, key }: Session): string {
  return `${updatedAt}.${Buffer.from(key).toString("base64url")}`;
}

/** Throws `invalid_value` for what is no cursor. */
export function readListCursor(cursor: string): Pick<Session, "key" | "updatedAt"> {
  const [, updatedAt, key] = /^(\d{1,15})\.([\w-]+)$/.exec(cursor) ?? [];
  if (updatedAt === undefined || key === undefined) throw unknownCursor();
  return { updatedAt: Number(updatedAt), key: Buffer.from(key, "base64url").toString() };
}

export function unknownCursor(): GatewayError {
  const message = "cursor: is not one of this list's; send a `nextCursor` as it came.";
  return new GatewayError("invalid_value", message, { param: "cursor" });
}
