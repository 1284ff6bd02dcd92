/** One GET over a connection of its own, to addresses that somebody else has checked and to no others. */
import { isIP } from "node:net";
import { Client, type Dispatcher } from "undici";

export interface Asking {
  readonly url: URL;
  /** Where the host is: it is not looked up again. */
  readonly addresses: readonly string[];
  readonly accept: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Asked {
  readonly response: Dispatcher.ResponseData;
  /** Ends the connection, whatever has been read. */
  close(): Promise<void>;
}

/** The name stays what TLS verifies and `Host` says. No cookies, no credentials, nothing of the caller's. */
export async function ask({ url, addresses, accept, maxBytes, signal }: Asking): Promise<Asked> {
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
      method: "GET",
      path: url.pathname + url.search,
      headers: { "user-agent": "openclaw-gateway", accept, "accept-encoding": "identity" },
      signal,
    });
    // The connection may end when nobody reads any more; without a listener that would end the process.
    response.body.on("error", () => {});
    return { response, close };
  } catch (error) {
    await close();
    throw error;
  }
}
