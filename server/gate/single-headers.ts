/** Of two such lines one is a lie; which one, nobody can tell. */
import type { IncomingMessage } from "node:http";
import { GatewayError } from "../errors.ts";

const single = /^(host|authorization|origin|x-openclaw-.*)$/;

/** Throws `invalid_request` when a header that decides who asks, and for what, was sent twice. */
export function checkSingleHeaders({ rawHeaders }: IncomingMessage): void {
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? "";
    if (!single.test(name)) continue;
    if (seen.has(name))
      throw new GatewayError("invalid_request", `The header ${name} was sent twice.`, { param: name });
    seen.add(name);
  }
}
