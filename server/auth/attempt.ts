/** A request whose caller is to be authenticated. */
import type { IncomingMessage } from "node:http";
import { readAuthorization } from "./read-authorization.ts";

export interface Attempt {
  readonly request: IncomingMessage;
  /** The method and path template, such as `POST /v1/responses`, for reports. */
  readonly route: string;
  /** The secret in the params of `connect`. The headers are not read then. */
  readonly secret?: string | undefined;
  /** Whether `x-api-key` goes before `Authorization`, as on the paths of Anthropic's API. */
  readonly isAnthropic?: boolean;
}

/** Returns the credential in the form of `Authorization`. Throws `invalid_request` for two that differ. */
export function readCredential({ request, secret, isAnthropic }: Attempt): string | undefined {
  return secret === undefined ? readAuthorization(request.headers, isAnthropic) : `Bearer ${secret}`;
}

/** Returns the secret in an `Authorization`, undefined for another scheme. */
export function readBearer(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^bearer +(\S.*)$/i.exec(authorization)?.[1];
}
