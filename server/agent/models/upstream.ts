/** A provider's server as every call to it meets it: its connections, what of it must not be shown, the way it ends. */
import { Agent, type Dispatcher } from "undici";
import type { GatewayError } from "../../errors.ts";
import { connectionFault, silenceFault, type Upstream } from "./faults.ts";
import type { Watch } from "./watch.ts";

export interface ServerSettings {
  /** Up to and including the version, as in `/v1`; a query is kept. */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  /** Win over the gateway's own, the key's included. */
  readonly headers: Readonly<Record<string, string>>;
  /** Until the first byte of the body: servers send their headers long before the first token. */
  readonly firstByteMs: number;
  /** Between bytes after it. */
  readonly silenceMs: number;
}

export type Body = Dispatcher.ResponseData["body"];

/** Shorter strings are no secrets, and hiding them would garble messages. */
const secretCharacters = 8;
const errorBodyBytes = 64 * 1024;
/** How long a finished answer may take to end; then its connection is given up. */
const drainMs = 100;

/** HTTP/1.1, so that a call has a socket of its own to close; the silence of a provider is watched here, not in undici. */
export function keepAliveAgent(): Dispatcher {
  return new Agent({ allowH2: false, headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 10_000 } });
}

export function upstreamOf({ baseUrl, apiKey, headers }: ServerSettings): Upstream {
  const url = new URL(baseUrl);
  // A header may be a scheme and a key; either may come back alone.
  const credentials = [apiKey ?? "", ...Object.values(headers)];
  const secrets = credentials.flatMap((value) => [value, ...value.split(/\s+/)]);
  // Providers repeat the URL they were asked at: its path may name an account, its query hold a key.
  const path = url.pathname.replace(/\/+$/, "").replace(/\/v\d+(?:beta|alpha)?$/, "");
  secrets.push(path, ...url.searchParams.values());
  return { host: url.host, secrets: secrets.filter((secret) => secret.length >= secretCharacters) };
}

/** The gateway's own headers with the configured ones, which win whatever their spelling. */
export function requestHeaders(
  own: Readonly<Record<string, string>>,
  configured: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { "user-agent": "openclaw-gateway", ...own };
  for (const [name, value] of Object.entries(configured)) headers[name.toLowerCase()] = value;
  return headers;
}

/** What was thrown by a call that the caller has not left: before its answer began, or within it. */
export function callFault(
  thrown: unknown,
  answered: boolean,
  upstream: Upstream,
  watch: Watch,
): GatewayError {
  if (watch.ended() === "silent") return silenceFault(upstream, watch.limitMs());
  return connectionFault(thrown, answered, upstream);
}

/** The beginning of an error's body; of one that is cut or stalls, what came. */
export async function startOf(body: Body, silenceMs: number, watch: Watch): Promise<string> {
  const received: Uint8Array[] = [];
  let size = 0;
  watch.expect(silenceMs);
  try {
    for await (const bytes of body) {
      received.push(bytes);
      size += bytes.length;
      if (size >= errorBodyBytes) break;
      watch.expect(silenceMs);
    }
  } catch {
    // The status alone says enough.
  }
  return new TextDecoder().decode(Buffer.concat(received).subarray(0, errorBodyBytes));
}

/** The last bytes of an answer that is complete, so that the connection can serve the next call. */
export function drain(body: Body, watch: Watch): Promise<void> {
  watch.expect(drainMs);
  return body.dump({ limit: Number.MAX_SAFE_INTEGER }).catch(ignore);
}

/** A body that is destroyed emits an error, also when nobody reads it. */
export const ignoreErrors = (body: Body): Body => body.on("error", ignore);

const ignore = (): void => {};
