/** Sends one request over its own connection, only to addresses that the caller has checked. */
import { isIP } from "node:net";
import { Client, type Dispatcher } from "undici";

export interface PinnedRequest {
  readonly url: URL;
  /** Addresses of the host. It is not resolved again, so DNS rebinding has no effect. */
  readonly addresses: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** Sent with POST. Absent: a GET without a body. */
  readonly body?: string | undefined;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface PinnedResponse {
  readonly response: Dispatcher.ResponseData;
  /** Destroys the connection, even if the body is not read to its end. */
  close(): Promise<void>;
}

/** TLS and `Host` use the host name. The request has no cookies or credentials of the caller. */
export async function sendPinnedRequest({
  url,
  addresses,
  headers,
  body,
  maxBytes,
  signal,
}: PinnedRequest): Promise<PinnedResponse> {
  const pinned = addresses.map((address) => ({ address, family: isIP(address) }));
  const client = new Client(url.origin, {
    allowH2: false,
    pipelining: 0,
    maxResponseSize: maxBytes,
    connect: {
      autoSelectFamily: true,
      lookup: (_hostname, _options, done) => done(null, pinned),
    },
  });
  const close = (): Promise<void> => client.destroy(null);
  try {
    const response = await client.request({
      method: body === undefined ? "GET" : "POST",
      path: url.pathname + url.search,
      headers: { "user-agent": "openclaw-gateway", "accept-encoding": "identity", ...headers },
      ...(body !== undefined && { body }),
      signal,
    });
    // A late connection error without a listener would crash the process.
    response.body.on("error", () => {});
    return { response, close };
  } catch (error) {
    await close();
    throw error;
  }
}
