/** Reads the bytes of an attachment from its data URL, its base64, or its http(s) URL if URLs are allowed. */
import { Buffer } from "node:buffer";
import { GatewayError } from "../lib/errors.ts";
import { isReadableType } from "../documents/detect-type.ts";
import type { GuardedFetch } from "../fetch/guarded-fetch.ts";
import {
  createInvalidError,
  createUnsupportedError,
  type Attachment,
  type ReadStoredFile,
} from "./attachment.ts";

/** The limits that images and files share. */
export interface SourceRules {
  readonly allowUrl: boolean;
  readonly urlAllowlist: readonly string[];
  readonly maxBytes: number;
  readonly maxRedirects: number;
  readonly timeoutMs: number;
}

export interface AttachmentContent {
  readonly bytes: Uint8Array;
  /** The same bytes in base64, if the attachment was sent that way. */
  readonly base64: string | undefined;
  /** As declared by the caller or the server. */
  readonly mediaType: string | undefined;
  readonly filename: string | undefined;
}

export interface SourceDeps {
  readonly rules: SourceRules;
  /** Path of `rules` in the configuration. */
  readonly configPath: string;
  readonly fetch: GuardedFetch;
  readonly readStoredFile: (id: string) => ReturnType<ReadStoredFile>;
  readonly signal: AbortSignal;
}

const httpUrl = /^https?:/i;
const dataUrl = /^data:([^,;]*)((?:;[^,;]*)*),/i;
const base64Text = /^[A-Za-z0-9+/]*={0,2}$/;

export const isHttpUrl = (source: Attachment["source"]): boolean =>
  typeof source === "string" && httpUrl.test(source);

export async function readSource(attachment: Attachment, deps: SourceDeps): Promise<AttachmentContent> {
  const { source } = attachment;
  if (typeof source === "object" && "fileId" in source) return readStored(attachment, source.fileId, deps);
  if (typeof source !== "string")
    return decodeBase64(attachment, source.base64, source.mediaType, deps.rules);
  if (httpUrl.test(source)) return fetchSource(attachment, source, deps);
  const [prefix, mediaType, parameters = ""] = dataUrl.exec(source.slice(0, 1_024).trimStart()) ?? [];
  if (prefix !== undefined) {
    const data = source.trimStart().slice(prefix.length);
    const type = mediaType?.trim().toLowerCase() || undefined;
    return /;\s*base64\s*$/i.test(parameters)
      ? decodeBase64(attachment, data, type, deps.rules)
      : decodePercent(attachment, data, type, deps.rules);
  }
  // A file can be plain base64 without the prefix of a data URL: the bytes decide its type.
  if (attachment.kind === "file" && isBase64(source))
    return decodeBase64(attachment, source, undefined, deps.rules);
  throw createInvalidError(attachment, `expected ${describeKind(attachment)} as a data URL in base64`);
}

const isBase64 = (text: string): boolean => base64Text.test(normalizeBase64(text));

/** Standard base64: without line breaks, which MIME writes, percent-encoding, or the letters of base64url; padded. */
function normalizeBase64(text: string): string {
  const decoded = text.includes("%") ? text.replaceAll(/%([0-9a-f]{2})/gi, decodeByte) : text;
  const standard = /[\s_-]/.test(decoded)
    ? decoded.replaceAll(/\s+/g, "").replaceAll("-", "+").replaceAll("_", "/")
    : decoded;
  return standard.length % 4 === 0 ? standard : standard + "=".repeat(4 - (standard.length % 4));
}

const decodeByte = (_: string, hex: string): string => String.fromCharCode(Number.parseInt(hex, 16));

/** Data without `;base64`: bytes as characters and `%XX`. https://www.rfc-editor.org/rfc/rfc2397 */
function decodePercent(
  attachment: Attachment,
  data: string,
  mediaType: string | undefined,
  rules: SourceRules,
): AttachmentContent {
  const utf8 = Buffer.from(data, "utf8").toString("latin1");
  const bytes = Buffer.from(utf8.replaceAll(/%([0-9a-f]{2})/gi, decodeByte), "latin1");
  requireSize(attachment, bytes.length, rules);
  return { bytes, base64: undefined, mediaType, filename: attachment.filename };
}

function requireSize(attachment: Attachment, size: number, { maxBytes }: SourceRules): void {
  if (size <= maxBytes) return;
  throw createUnsupportedError(
    attachment,
    `${describeKind(attachment)} can have at most ${maxBytes} bytes, this one has ${size}`,
  );
}

function decodeBase64(
  attachment: Attachment,
  text: string,
  mediaType: string | undefined,
  rules: SourceRules,
): AttachmentContent {
  const base64 = normalizeBase64(text);
  requireSize(attachment, Buffer.byteLength(base64, "base64"), rules);
  if (!base64Text.test(base64)) throw createInvalidError(attachment, "the data is not valid base64");
  return { bytes: Buffer.from(base64, "base64"), base64, mediaType, filename: attachment.filename };
}

async function readStored(
  attachment: Attachment,
  id: string,
  { rules, readStoredFile }: SourceDeps,
): Promise<AttachmentContent> {
  const { size, read, filename } = await readStoredFile(id).catch((error: unknown) => {
    if (!(error instanceof GatewayError) || error.code !== "file_not_found") throw error;
    throw new GatewayError(error.code, `${attachment.param}: ${error.message}`, { param: attachment.param });
  });
  requireSize(attachment, size, rules);
  const bytes = await read();
  return { bytes, base64: undefined, mediaType: undefined, filename: attachment.filename ?? filename };
}

async function fetchSource(
  attachment: Attachment,
  url: string,
  { rules, configPath, fetch, signal }: SourceDeps,
): Promise<AttachmentContent> {
  if (!rules.allowUrl)
    throw createUnsupportedError(
      attachment,
      `URLs are not fetched; send a data: URL, or set ${configPath}.allowUrl to true`,
    );
  const result = await fetch({
    url,
    hosts: rules.urlAllowlist,
    maxBytes: rules.maxBytes,
    maxRedirects: rules.maxRedirects,
    timeoutMs: rules.timeoutMs,
    isWantedType: isReadableType,
    signal,
  });
  if ("rejected" in result)
    throw createUnsupportedError(attachment, `the URL was not fetched: ${result.rejected}`);
  if (result.status < 200 || result.status > 299)
    throw createUnsupportedError(attachment, `the URL was not fetched: the server answered ${result.status}`);
  return {
    bytes: result.bytes,
    base64: undefined,
    mediaType: result.mediaType,
    filename: attachment.filename ?? getFileName(result.url),
  };
}

function describeKind({ kind }: Attachment): string {
  return kind === "image" ? "an image" : "a file";
}

function getFileName(url: string): string | undefined {
  const part = new URL(url).pathname.split("/").at(-1);
  try {
    return part === undefined || part === "" ? undefined : decodeURIComponent(part);
  } catch {
    return part;
  }
}
