/** Authenticates the `Authorization` header of an upgrade, so that an authenticated client needs no pending place. */
import type { IncomingMessage } from "node:http";
import type { Authenticate } from "../auth/authenticate.ts";
import type { Credential } from "../auth/credential.ts";

/** The error counts only if `connect` brings no credential of its own. */
export type UpgradeCredential = { readonly credential: Credential } | { readonly error: unknown };

/** Resolves to undefined without a bearer credential, for instance when a proxy has added a header of another scheme. */
export async function authenticateUpgrade(
  request: IncomingMessage,
  authenticate: Authenticate,
): Promise<UpgradeCredential | undefined> {
  const { authorization } = request.headers;
  if (authorization === undefined || !/^bearer /i.test(authorization)) return undefined;
  try {
    return { credential: await authenticate({ request, route: "GET / (upgrade)" }) };
  } catch (error) {
    return { error };
  }
}
