/** POSTs to an address of the configuration: public addresses only, unless a private network is allowed. Follows no redirect. */
import { readRetryAfter } from "../lib/retry-after.ts";
import type { Rejected } from "../lib/validation-error.ts";
import { isPublicAddress } from "./addresses.ts";
import { parseTarget } from "./fetch-target.ts";
import { sendPinnedRequest } from "./pinned-request.ts";
import { resolveAddresses } from "./resolve-addresses.ts";
import { resolveName, resolveSystemName } from "./resolve-name.ts";

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allowPrivateNetwork: boolean;
  /** Time limit from name resolution to the headers of the answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface PostAnswer {
  readonly status: number;
  /** The receiver's `Retry-After`, in seconds. */
  readonly retryAfterSeconds: number | undefined;
}

/** Resolves to the answer, or to the reason why there is none. Rejects only with the reason of an aborted `signal`. */
export type GuardedPost = (request: PostRequest) => Promise<PostAnswer | Rejected>;

/** The body of an answer is not read. */
const maxBytes = 65_536;
/** The port is the operator's choice. */
const rules = { isAllowedPort: () => true, hosts: [] };

export const guardedPost: GuardedPost = async (request) => {
  request.signal.throwIfAborted();
  const deadline = AbortSignal.timeout(request.timeoutMs);
  try {
    return await post(request, AbortSignal.any([request.signal, deadline]));
  } catch (error) {
    request.signal.throwIfAborted();
    if (deadline.aborted) return { rejected: `it did not answer within ${request.timeoutMs} ms` };
    const code: unknown = (error as { code?: unknown } | null)?.code;
    // Network errors have a code. Anything else is a bug.
    if (typeof code === "string") return { rejected: `it cannot be reached: ${code}` };
    throw error;
  }
};

async function post(request: PostRequest, signal: AbortSignal): Promise<PostAnswer | Rejected> {
  const { headers, body, allowPrivateNetwork } = request;
  const url = parseTarget(request.url, undefined, rules);
  if ("rejected" in url) return url;
  const addresses = await resolveAddresses(
    url.hostname,
    allowPrivateNetwork ? resolveSystemName : resolveName,
    signal,
  );
  if (addresses.length === 0) return { rejected: "its name has no address" };
  if (!allowPrivateNetwork && !addresses.every(isPublicAddress))
    return { rejected: "its address is not public: allowPrivateNetwork allows that" };
  const { response, close } = await sendPinnedRequest({ url, addresses, headers, body, maxBytes, signal });
  await close();
  return { status: response.statusCode, retryAfterSeconds: readRetryAfter(response.headers) };
}
