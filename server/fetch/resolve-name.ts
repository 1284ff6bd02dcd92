/** All addresses of a public name, asked of the DNS servers themselves. */
import { Resolver } from "node:dns/promises";

export type ResolveName = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Not the system's `getaddrinfo`: that adds the names of this machine's inside (hosts file, search domains), cannot be
 * cancelled, and a few names whose servers do not answer would hold the threads that files are read with.
 */
export const resolveName: ResolveName = async (hostname, signal) => {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });
  const cancel = (): void => resolver.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  } finally {
    signal.removeEventListener("abort", cancel);
  }
};
