/** Reads the credential of a request: `Authorization`, or the headers that other APIs use for the same. */
import type { IncomingHttpHeaders } from "node:http";
import { GatewayError } from "../lib/errors.ts";

const keyHeaders = ["x-api-key", "api-key"] as const;
const readHeaders: ReadonlySet<string> = new Set(["authorization", ...keyHeaders]);

/**
 * Returns the credential in the form of `Authorization`. `x-api-key` decides on the paths of Anthropic's API and for its
 * clients, which may send another service's `Authorization` beside it. Throws `invalid_request` when two headers have
 * different secrets.
 */
export function readAuthorization(headers: IncomingHttpHeaders, isAnthropicPath = false): string | undefined {
  const { authorization } = headers;
  const keys = keyHeaders.flatMap((name) => {
    const value = headers[name];
    return typeof value === "string" && value.trim() !== "" ? [{ name, secret: value.trim() }] : [];
  });
  const [first] = keys;
  if (first === undefined) return authorization;
  const isAnthropic = isAnthropicPath || headers["anthropic-version"] !== undefined;
  if (isAnthropic && first.name === "x-api-key") return `Bearer ${first.secret}`;
  // Another scheme is for a proxy before the gateway.
  const bearer = /^bearer +(\S.*)$/i.exec(authorization ?? "")?.[1];
  const secrets = [...(bearer === undefined ? [] : [{ name: "authorization", secret: bearer }]), ...keys];
  const other = secrets.find(({ secret }) => secret !== secrets[0]?.secret);
  if (other !== undefined) {
    throw new GatewayError(
      "invalid_request",
      `${secrets[0]?.name} and ${other.name} have different credentials; send one of them.`,
      { param: other.name },
    );
  }
  return `Bearer ${first.secret}`;
}

/** Returns the name of a header that looks like a credential and is not read. */
export function findUnreadCredential(headers: IncomingHttpHeaders): string | undefined {
  return Object.keys(headers).find(
    (name) => !readHeaders.has(name) && /(^|-)(api-?key|auth|token)$/.test(name) && !/csrf|xsrf/.test(name),
  );
}
