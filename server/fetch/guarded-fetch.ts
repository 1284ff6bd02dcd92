/** Fetches addresses that others name: public ones only, checked anew at every redirect, within bytes and time. */
import { isIP } from "node:net";
import type { Refused } from "../refused.ts";
import { isPublicAddress } from "./addresses.ts";
import { ask, type Asked } from "./ask.ts";
import { readBody, tooLarge } from "./read-body.ts";
import { resolveName, type ResolveName } from "./resolve-name.ts";
import { readTarget } from "./target.ts";

export interface FetchRequest {
  readonly url: string;
  readonly maxBytes: number;
  readonly maxRedirects: number;
  /** For all of it: names, redirects, the last byte. */
  readonly timeoutMs: number;
  /** Hosts that may be asked, at every hop: `example.com`, `*.example.com`; empty: all public ones. */
  readonly hosts?: readonly string[];
  /** The `Accept` header. */
  readonly accept?: string;
  /** Whether a body of this media type is worth reading; "" when the server does not say. */
  readonly takes?: (mediaType: string) => boolean;
  readonly signal: AbortSignal;
}

export interface Fetched {
  /** Where the redirects led. */
  readonly url: string;
  readonly status: number;
  /** Lower case, without parameters; "" when the server does not say. */
  readonly mediaType: string;
  readonly charset: string | undefined;
  readonly bytes: Buffer;
}

/** A refusal says no more of what is there than anybody may know. Throws only the reason of an aborted `signal`. */
export type GuardedFetch = (request: FetchRequest) => Promise<Fetched | Refused>;

/** Where connections may go. No configuration reaches it: there is no way to allow an inside address. */
export interface FetchPolicy {
  readonly address: (address: string) => boolean;
  readonly port: (port: number) => boolean;
}

/**
 * Pages and files for people are on these ports. On the others of a public host are its other services, which a
 * request could harm, and whose presence is nobody's business here.
 */
const webPorts: ReadonlySet<number> = new Set([80, 443, 8080, 8443]);

export const publicOnly: FetchPolicy = {
  address: isPublicAddress,
  port: (port) => webPorts.has(port),
};

/** One sentence for a refused address, a name that leads to one, a name without any, and a port that does not answer. */
const noAnswer: Refused = { refused: "it is not a public address, or does not answer" };

interface FetcherParts {
  readonly resolve?: ResolveName;
  readonly policy?: FetchPolicy;
}

export function createGuardedFetch({
  resolve = resolveName,
  policy = publicOnly,
}: FetcherParts = {}): GuardedFetch {
  /** The addresses of a host, all of which may be connected to; undefined when one may not. */
  const addressesOf = async (host: string, signal: AbortSignal): Promise<readonly string[] | undefined> => {
    const literal = host.replace(/^\[|\]$/g, "");
    const addresses = isIP(literal) === 0 ? await unlessAborted(resolve(host, signal), signal) : [literal];
    return addresses.length > 0 && addresses.every(policy.address) ? addresses : undefined;
  };

  const follow = async (request: FetchRequest, signal: AbortSignal): Promise<Fetched | Refused> => {
    const { maxBytes, accept = "*/*" } = request;
    const rules = { port: policy.port, hosts: request.hosts ?? [] };
    let url = readTarget(request.url, undefined, rules);
    for (let redirects = 0; !("refused" in url); redirects += 1) {
      const addresses = await addressesOf(url.hostname, signal);
      if (addresses === undefined) return noAnswer;
      const asked = await ask({ url, addresses, accept, maxBytes, signal });
      try {
        const target = redirectOf(asked);
        if (target === undefined) return await take(asked, url, request);
        if (redirects === request.maxRedirects)
          return { refused: `it redirects more than ${redirects} times` };
        url = readTarget(target, url, rules);
      } finally {
        await asked.close();
      }
    }
    return url;
  };

  return async (request) => {
    request.signal.throwIfAborted();
    const deadline = AbortSignal.timeout(request.timeoutMs);
    try {
      return await follow(request, AbortSignal.any([request.signal, deadline]));
    } catch (error) {
      request.signal.throwIfAborted();
      if (deadline.aborted) return { refused: `it took longer than ${request.timeoutMs} ms` };
      const code: unknown = (error as { code?: unknown } | null)?.code;
      if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return tooLarge(request.maxBytes);
      // What went wrong on the network has a code; anything else is our own mistake.
      if (typeof code === "string") return noAnswer;
      throw error;
    }
  };
}

function redirectOf({ response }: Asked): string | undefined {
  const { location } = response.headers;
  return [301, 302, 303, 307, 308].includes(response.statusCode) ? [location].flat()[0] : undefined;
}

async function take(
  { response }: Asked,
  url: URL,
  { maxBytes, takes }: FetchRequest,
): Promise<Fetched | Refused> {
  const { headers, body, statusCode } = response;
  const type = String(headers["content-type"] ?? "").toLowerCase();
  const mediaType = type.split(";", 1)[0]?.trim() ?? "";
  if (takes?.(mediaType) === false) return { refused: `it is ${mediaType}, which is not taken here` };
  if (Number(headers["content-length"]) > maxBytes) return tooLarge(maxBytes);
  const coding = String(headers["content-encoding"] ?? "")
    .trim()
    .toLowerCase();
  const bytes = await readBody(body, coding, maxBytes);
  if ("refused" in bytes) return bytes;
  const charset = /;\s*charset="?([^\s;"]+)/.exec(type)?.[1];
  return { url: url.href, status: statusCode, mediaType, charset, bytes };
}

/** A name server that does not answer holds nobody up. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
