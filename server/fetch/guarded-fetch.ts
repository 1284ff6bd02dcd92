/** Fetches untrusted URLs: public addresses only, checked again at every redirect, with limited bytes and time. */
import type { Rejected } from "../lib/validation-error.ts";
import { isPublicAddress } from "./addresses.ts";
import { sendPinnedRequest, type PinnedResponse } from "./pinned-request.ts";
import { readBody, rejectTooLarge } from "./read-body.ts";
import { resolveAddresses } from "./resolve-addresses.ts";
import { resolveName, type ResolveName } from "./resolve-name.ts";
import { parseTarget } from "./fetch-target.ts";

export interface FetchRequest {
  readonly url: string;
  readonly maxBytes: number;
  readonly maxRedirects: number;
  /** Time limit for the whole fetch: name resolution, redirects and body. */
  readonly timeoutMs: number;
  /** Allowed hosts for every hop: `example.com` or `*.example.com`. Empty allows all public hosts. */
  readonly hosts?: readonly string[];
  /** The `Accept` header. */
  readonly accept?: string;
  /** Whether to read a body of this media type; "" when the server declares none. */
  readonly isWantedType?: (mediaType: string) => boolean;
  readonly signal: AbortSignal;
}

export interface FetchResult {
  /** The URL after all redirects. */
  readonly url: string;
  readonly status: number;
  /** Lower case, without parameters; "" when the server declares none. */
  readonly mediaType: string;
  readonly charset: string | undefined;
  readonly bytes: Buffer;
}

/** A rejection reveals nothing about the internal network. Throws only the reason of an aborted `signal`. */
export type GuardedFetch = (request: FetchRequest) => Promise<FetchResult | Rejected>;

/** Where connections are allowed. Only tests replace it: no setting allows an internal address. */
export interface FetchPolicy {
  readonly isAllowedAddress: (address: string) => boolean;
  readonly isAllowedPort: (port: number) => boolean;
}

/** Web ports. Other ports of a public host belong to services that must not be probed or harmed. */
const webPorts: ReadonlySet<number> = new Set([80, 443, 8080, 8443]);

export const publicOnly: FetchPolicy = {
  isAllowedAddress: isPublicAddress,
  isAllowedPort: (port) => webPorts.has(port),
};

/** The same sentence for an internal address, a name that resolves to one or to none, and a closed port. */
const unreachable: Rejected = { rejected: "it is not a public address, or does not answer" };

interface GuardedFetchDeps {
  readonly resolve?: ResolveName;
  readonly policy?: FetchPolicy;
}

export function createGuardedFetch({
  resolve = resolveName,
  policy = publicOnly,
}: GuardedFetchDeps = {}): GuardedFetch {
  const followRedirects = async (
    request: FetchRequest,
    signal: AbortSignal,
  ): Promise<FetchResult | Rejected> => {
    const { maxBytes, accept = "*/*" } = request;
    const rules = { isAllowedPort: policy.isAllowedPort, hosts: request.hosts ?? [] };
    let url = parseTarget(request.url, undefined, rules);
    for (let redirects = 0; !("rejected" in url); redirects += 1) {
      const addresses = await resolveAddresses(url.hostname, resolve, signal);
      if (addresses.length === 0 || !addresses.every(policy.isAllowedAddress)) return unreachable;
      const pinnedResponse = await sendPinnedRequest({
        url,
        addresses,
        headers: { accept },
        maxBytes,
        signal,
      });
      try {
        const target = getRedirectTarget(pinnedResponse);
        if (target === undefined) return await readResponse(pinnedResponse, url, request);
        if (redirects === request.maxRedirects)
          return { rejected: `it redirects more than ${redirects} times` };
        url = parseTarget(target, url, rules);
      } finally {
        await pinnedResponse.close();
      }
    }
    return url;
  };

  return async (request) => {
    request.signal.throwIfAborted();
    const deadline = AbortSignal.timeout(request.timeoutMs);
    try {
      return await followRedirects(request, AbortSignal.any([request.signal, deadline]));
    } catch (error) {
      request.signal.throwIfAborted();
      if (deadline.aborted) return { rejected: `it took longer than ${request.timeoutMs} ms` };
      const code: unknown = (error as { code?: unknown } | null)?.code;
      if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return rejectTooLarge(request.maxBytes);
      // Network errors have a code. Anything else is a bug.
      if (typeof code === "string") return unreachable;
      throw error;
    }
  };
}

function getRedirectTarget({ response }: PinnedResponse): string | undefined {
  const { location } = response.headers;
  return [301, 302, 303, 307, 308].includes(response.statusCode) ? [location].flat()[0] : undefined;
}

async function readResponse(
  { response }: PinnedResponse,
  url: URL,
  { maxBytes, isWantedType }: FetchRequest,
): Promise<FetchResult | Rejected> {
  const { headers, body, statusCode } = response;
  const type = String(headers["content-type"] ?? "").toLowerCase();
  const mediaType = type.split(";", 1)[0]?.trim() ?? "";
  if (isWantedType?.(mediaType) === false) return { rejected: `its type ${mediaType} is not accepted` };
  if (Number(headers["content-length"]) > maxBytes) return rejectTooLarge(maxBytes);
  const contentEncoding = String(headers["content-encoding"] ?? "")
    .trim()
    .toLowerCase();
  const bytes = await readBody(body, contentEncoding, maxBytes);
  if ("rejected" in bytes) return bytes;
  const charset = /;\s*charset="?([^\s;"]+)/.exec(type)?.[1];
  return { url: url.href, status: statusCode, mediaType, charset, bytes };
}
