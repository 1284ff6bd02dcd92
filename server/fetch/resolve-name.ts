/** Resolves all addresses of a name. */
import { lookup, Resolver } from "node:dns/promises";

export type ResolveName = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Does not use the system's `getaddrinfo`: it resolves internal names (hosts file, search domains), cannot be cancelled,
 * and a few slow name servers would block the thread pool that reads files.
 */
export const resolveName: ResolveName = async (hostname, signal) => {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });
  const cancel = (): void => resolver.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const results = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    return results.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  } finally {
    signal.removeEventListener("abort", cancel);
  }
};

/** Like `resolveName`, but as the system does: also names of the hosts file and of a private network. */
export const resolveSystemName: ResolveName = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);
