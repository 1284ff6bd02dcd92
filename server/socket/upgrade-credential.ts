/** Authenticates the `Authorization` header of an upgrade, so that an authenticated client needs no pending place. */
import type { IncomingMessage } from "node:http";
import type { Authenticate, Credential } from "../auth/authenticate.ts";
import type { ClientAddress } from "../auth/client-address.ts";

/** The error counts only if `connect` brings no credential of its own. */
export type UpgradeCredential = { readonly credential: Credential } | { readonly error: unknown };

/** Returns undefined without a bearer credential, for instance when a proxy has added a header of another scheme. */
export function authenticateUpgrade(
  { headers, socket }: IncomingMessage,
  deps: { readonly authenticate: Authenticate; readonly clientAddress: ClientAddress },
): UpgradeCredential | undefined {
  const { authorization } = headers;
  if (authorization === undefined || !/^bearer /i.test(authorization)) return undefined;
  try {
    const address = deps.clientAddress(socket.remoteAddress, headers);
    return { credential: deps.authenticate(authorization, () => ({ address, route: "GET / (upgrade)" })) };
  } catch (error) {
    return { error };
  }
}
