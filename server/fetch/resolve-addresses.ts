/** Resolves a host of a URL to its addresses. */
import { isIP } from "node:net";
import { raceAbort } from "../lib/abort.ts";
import type { ResolveName } from "./resolve-name.ts";

/** Resolves to no addresses when the name has none. */
export async function resolveAddresses(
  host: string,
  resolve: ResolveName,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const literal = host.replace(/^\[|\]$/g, "");
  return isIP(literal) === 0 ? raceAbort(resolve(host, signal), signal) : [literal];
}
