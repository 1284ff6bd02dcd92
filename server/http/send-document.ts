/**
 * Sends a document of the package, such as openapi.yaml: with the origin that the gateway is asked at, compressed, and
 * with an ETag, so that an unchanged document is 304. https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

export interface StaticDocument {
  readonly text: string;
  readonly type: "application/json" | "application/yaml" | "text/html";
  /** Returns headers that depend on the text that is sent. */
  readonly getHeaders?: (text: string) => Readonly<Record<string, string>>;
}

type Encoding = "br" | "gzip" | "identity";

/** A document as one origin sees it. */
interface Version {
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
  encode(encoding: Encoding): Promise<Buffer>;
}

/** The address in the committed documents. */
const writtenHost = "127.0.0.1:18789";
const writtenOrigin = `http://${writtenHost}`;
/** Origins whose versions of a document are kept. A gateway has few. */
const maxOrigins = 4;
/**
 * Versions that are made in a minute. Compressing one takes a tenth of a second in the threads that the store needs, and
 * anybody can ask with any `Host`: beyond the limit a new origin gets the document as it is written.
 */
const maxNewVersions = 20;
const newVersionsWindowMs = 60_000;
const validHost = /^[\w.:[\]-]{1,255}$/;
const brotliQuality = 5;

const versions = new WeakMap<StaticDocument, Map<string, Version>>();

export async function sendDocument(
  req: IncomingMessage,
  res: ServerResponse,
  document: StaticDocument,
  commonHeaders: Readonly<Record<string, string>>,
): Promise<void> {
  const version = findVersion(document, readOrigin(req));
  const headers = {
    ...commonHeaders,
    ...version.headers,
    etag: version.etag,
    "cache-control": "no-cache",
    vary: [res.getHeader("vary"), "accept-encoding, x-forwarded-proto"].filter(Boolean).join(", "),
  };
  if (matchesEtag(req.headers["if-none-match"], version.etag)) return void res.writeHead(304, headers).end();
  const encoding = selectEncoding(req.headers["accept-encoding"]);
  const body = await version.encode(encoding);
  res.writeHead(200, {
    ...headers,
    "content-type": `${document.type}; charset=utf-8`,
    "content-length": body.length,
    ...(encoding === "identity" ? {} : { "content-encoding": encoding }),
  });
  res.end(req.method === "HEAD" ? undefined : body);
}

/** The scheme is that of a proxy in front of the gateway. It only changes what this caller reads. */
function readOrigin({ headers }: IncomingMessage): string {
  const host = headers.host ?? "";
  const scheme = headers["x-forwarded-proto"] === "https" ? "https" : "http";
  return `${scheme}://${validHost.test(host) ? host : writtenHost}`;
}

function findVersion(document: StaticDocument, origin: string): Version {
  const byOrigin = versions.get(document) ?? new Map<string, Version>();
  versions.set(document, byOrigin);
  const known = byOrigin.get(origin);
  if (known === undefined && origin !== writtenOrigin && !countNewVersion())
    return findVersion(document, writtenOrigin);
  const version = known ?? createVersion(document, origin);
  byOrigin.delete(origin);
  byOrigin.set(origin, version);
  const [oldest] = byOrigin.keys();
  if (byOrigin.size > maxOrigins && oldest !== undefined) byOrigin.delete(oldest);
  return version;
}

let windowStartedAt = -Infinity;
let newVersions = 0;

/** Returns false when too many were made in this minute. */
function countNewVersion(): boolean {
  const now = performance.now();
  if (now - windowStartedAt > newVersionsWindowMs) [windowStartedAt, newVersions] = [now, 0];
  newVersions += 1;
  return newVersions <= maxNewVersions;
}

function createVersion({ text: writtenText, getHeaders }: StaticDocument, origin: string): Version {
  const text = writtenText
    .replaceAll(`http://${writtenHost}`, origin)
    .replaceAll(writtenHost, new URL(origin).host);
  const encodings = new Map<Encoding, Promise<Buffer>>();
  const compress: Readonly<Record<Encoding, () => Promise<Buffer>>> = {
    br: () =>
      promisify(brotliCompress)(text, {
        params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality },
      }),
    gzip: () => promisify(gzip)(text, { level: constants.Z_BEST_COMPRESSION }),
    identity: () => Promise.resolve(Buffer.from(text)),
  };
  return {
    // Weak: the encodings of one document have the same tag.
    etag: `W/"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`,
    headers: getHeaders?.(text) ?? {},
    encode(encoding) {
      const body = encodings.get(encoding) ?? compress[encoding]();
      encodings.set(encoding, body);
      return body;
    },
  };
}

function matchesEtag(condition: string | undefined, etag: string): boolean {
  return condition?.split(",").some((tag) => tag.trim() === etag || tag.trim() === "*") ?? false;
}

/** Prefers the smaller one of the encodings that the caller accepts. */
function selectEncoding(acceptEncoding: string | string[] | undefined): Encoding {
  const accepted = new Set(
    String(acceptEncoding ?? "")
      .toLowerCase()
      .split(",")
      .map((part) => part.split(";").map((text) => text.trim()))
      .filter(([, quality = ""]) => !/^q=0(\.0*)?$/.test(quality))
      .map(([name]) => name),
  );
  if (accepted.has("br")) return "br";
  return accepted.has("gzip") ? "gzip" : "identity";
}
