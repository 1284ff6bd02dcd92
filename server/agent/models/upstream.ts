/** HTTP to a provider, as all APIs use it: connections, headers, secrets, error bodies, timeouts. */
import { isIP } from "node:net";
import { Agent, Pool, type Dispatcher } from "undici";
import type { GatewayError } from "../../lib/errors.ts";
import { toConnectionError, createIdleTimeoutError, type Upstream } from "./provider-errors.ts";
import type { CallController } from "./call-controller.ts";

export interface UpstreamOptions {
  /** The name of the provider in the configuration. */
  readonly name: string;
  /** Up to and including the version, as in `/v1`; a query is kept. */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  /** Replace the gateway's own headers of the same name, including the one with the key. */
  readonly headers: Readonly<Record<string, string>>;
  /** Time until the first byte of the body. Servers send their headers long before the first token. */
  readonly firstByteMs: number;
  /** Time between two reads after it. */
  readonly silenceMs: number;
}

export type Body = Dispatcher.ResponseData["body"];

/** Shorter strings are not treated as secrets: redacting them would garble messages. */
const minSecretCharacters = 8;
export const maxErrorBodyBytes = 64 * 1024;
/** Time for a complete response to end. After it the connection is closed instead of reused. */
export const drainMs = 100;

/** HTTP/1.1, so that each call has its own socket to close. Timeouts are set by each call, not by undici. */
const connectionOptions = {
  allowH2: false,
  headersTimeout: 0,
  bodyTimeout: 0,
  connect: { timeout: 10_000 },
} as const;

/** Connections to any origin. */
export const createKeepAliveAgent = (): Dispatcher => new Agent(connectionOptions);

/** Connections to one origin, which cost less for each request. */
export const createKeepAlivePool = (origin: string): Dispatcher => new Pool(origin, connectionOptions);

/** Documents of providers show the address of an endpoint as often as the base. */
const endpointPattern = /\/(?:chat\/completions|completions|responses|messages|embeddings)$/;

/** The path of a base URL, without a slash or an endpoint at its end. */
export const toBasePath = ({ pathname }: URL): string =>
  pathname.replace(/\/+$/, "").replace(endpointPattern, "");

export function toUpstream({ name, baseUrl, apiKey, headers }: UpstreamOptions): Upstream {
  const url = new URL(baseUrl);
  // A header may be a scheme and a key; a provider may repeat either of them.
  const credentials = [apiKey ?? "", ...Object.values(headers)];
  const secrets = credentials.flatMap((value) => [value, ...value.split(/\s+/)]);
  // Providers repeat the request URL: its path may name an account, and its query may contain a key.
  const path = url.pathname.replace(/\/+$/, "").replace(/\/v\d+(?:beta|alpha)?$/, "");
  secrets.push(path, ...url.searchParams.values());
  // The host of a public API is no secret, and its messages link to it.
  if (!isPublic(url)) secrets.push(url.host, url.hostname);
  return { name, secrets: secrets.filter((secret) => secret.length >= minSecretCharacters) };
}

/** Whether the address can be that of a public API: https on its default port, and a name of public DNS. */
function isPublic({ protocol, port, hostname }: URL): boolean {
  if (protocol !== "https:" || port !== "" || isIP(hostname.replaceAll(/[[\]]/g, "")) !== 0) return false;
  return hostname.includes(".") && !/\.(local|localhost|internal|lan|home\.arpa)$/.test(hostname);
}

/** Merges the gateway's headers with the configured ones, which win regardless of case. */
export function mergeHeaders(
  defaults: Readonly<Record<string, string>>,
  configured: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { "user-agent": "openclaw-gateway", ...defaults };
  for (const [name, value] of Object.entries(configured)) headers[name.toLowerCase()] = value;
  return headers;
}

/** The error of a call that threw without being aborted by its caller. */
export function toCallError(
  thrown: unknown,
  hasResponse: boolean,
  upstream: Upstream,
  controller: CallController,
): GatewayError {
  if (controller.endReason() === "timed_out") return createIdleTimeoutError(upstream, controller.timeoutMs());
  return toConnectionError(thrown, hasResponse, upstream);
}

/** Reads the start of an error body, or what arrived of it before it broke or stalled. */
export async function readErrorText(
  body: Body,
  silenceMs: number,
  controller: CallController,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  controller.startTimer(silenceMs);
  try {
    for await (const bytes of body) {
      chunks.push(bytes);
      size += bytes.length;
      if (size >= maxErrorBodyBytes) break;
      controller.startTimer(silenceMs);
    }
  } catch {
    // The status alone is enough for an error message.
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, maxErrorBodyBytes));
}

/** Reads the rest of a complete response, so that the connection can be reused. */
export function drain(body: Body, controller: CallController): Promise<void> {
  controller.startTimer(drainMs);
  return body.dump({ limit: Number.MAX_SAFE_INTEGER }).catch(ignore);
}

/** Prevents an uncaught error: a destroyed body emits `error` even when nobody reads it. */
export const ignoreErrors = (body: Body): Body => body.on("error", ignore);

const ignore = (): void => {};
