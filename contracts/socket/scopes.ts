/** Rights of a connection, and which of them an operation needs that HTTP has too: one word for both. */
import type { Endpoint } from "../endpoint.ts";

export const scopes = ["operator.read", "operator.write", "operator.admin"] as const;

export type Scope = (typeof scopes)[number];

/** What an endpoint's `auth` is called on the socket. `write` includes `read`, `admin` includes both. */
export const scopeOf = {
  public: "operator.read",
  read: "operator.read",
  run: "operator.write",
} as const satisfies Readonly<Record<Endpoint["auth"], Scope>>;

/** Does somebody with these rights have that one? */
export function includes(granted: readonly Scope[], needed: Scope): boolean {
  return granted.some((scope) => scopes.indexOf(scope) >= scopes.indexOf(needed));
}
