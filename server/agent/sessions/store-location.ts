/** Where the store is, as the configuration and the environment say. */
import type { Config } from "../../../contracts/config/config.ts";
import { reveal } from "../../../contracts/config/secret.ts";

export type StoreLocation =
  | { readonly type: "sqlite" }
  | {
      readonly type: "postgres";
      readonly url: string;
      readonly listenUrl: string | undefined;
      readonly poolSize: number;
      readonly schema: string;
    };

/** `databaseUrl` is the variable OPENCLAW_DATABASE_URL. Throws when the address of the server is missing or none. */
export function locateStore(
  { type, url, listenUrl, poolSize, schema }: Config["session"]["store"],
  databaseUrl: string | undefined,
): StoreLocation {
  const address = url === undefined ? databaseUrl : reveal(url);
  if ((type ?? (address === undefined ? "sqlite" : "postgres")) === "sqlite") return { type: "sqlite" };
  if (address === undefined) {
    throw new Error(
      'session.store.type is "postgres", and no server is named: set session.store.url or OPENCLAW_DATABASE_URL.',
    );
  }
  requireAddress("session.store.url", address);
  const listenAddress = listenUrl === undefined ? undefined : reveal(listenUrl);
  if (listenAddress !== undefined) requireAddress("session.store.listenUrl", listenAddress);
  return { type: "postgres", url: address, listenUrl: listenAddress, poolSize, schema };
}

/** The message does not repeat the address, which has a password. */
function requireAddress(setting: string, address: string): void {
  if (/^postgres(?:ql)?:$/.test(URL.parse(address)?.protocol ?? "")) return;
  throw new Error(
    `${setting} is no address of a PostgreSQL server: it begins with postgres:// and names a host.`,
  );
}

/** Formats the address for people, without its credentials. */
export function formatAddress(address: string): string {
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}
