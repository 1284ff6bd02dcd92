/** Reads the bytes of an attachment from its data URL, its base64, or its http(s) URL if URLs are allowed. */
import { Buffer } from "node:buffer";
import { isReadableType } from "../documents/detect-type.ts";
import type { GuardedFetch } from "../fetch/guarded-fetch.ts";
import { createInvalidError, createUnsupportedError, type Attachment } from "./attachment.ts";

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

interface SourceDeps {
  readonly rules: SourceRules;
  /** Path of `rules` in the configuration. */
  readonly configPath: string;
  readonly fetch: GuardedFetch;
  readonly signal: AbortSignal;
}

const httpUrl = /^https?:/i;
const dataUrl = /^data:([^,;]*)[^,]*;base64,/i;
const base64Text = /^[A-Za-z0-9+/]*={0,2}$/;

export const isHttpUrl = (source: Attachment["source"]): boolean =>
  typeof source === "string" && httpUrl.test(source);

export async function readSource(attachment: Attachment, deps: SourceDeps): Promise<AttachmentContent> {
  const { source } = attachment;
  if (typeof source !== "string")
    return decodeBase64(attachment, source.base64, source.mediaType, deps.rules);
  if (httpUrl.test(source)) return fetchSource(attachment, source, deps);
  const [prefix, mediaType] = dataUrl.exec(source.slice(0, 1_024)) ?? [];
  if (prefix !== undefined)
    return decodeBase64(attachment, source.slice(prefix.length), mediaType?.toLowerCase(), deps.rules);
  // A file can be plain base64 without the prefix of a data URL: the bytes decide its type.
  if (attachment.kind === "file" && base64Text.test(source))
    return decodeBase64(attachment, source, undefined, deps.rules);
  throw createInvalidError(attachment, `expected ${describeKind(attachment)} as a data URL in base64`);
}

function decodeBase64(
  attachment: Attachment,
  base64: string,
  mediaType: string | undefined,
  { maxBytes }: SourceRules,
): AttachmentContent {
  const size = Buffer.byteLength(base64, "base64");
  if (size > maxBytes)
    throw createUnsupportedError(
      attachment,
      `${describeKind(attachment)} can have at most ${maxBytes} bytes, this one has ${size}`,
    );
  if (!base64Text.test(base64)) throw createInvalidError(attachment, "the data is not valid base64");
  return { bytes: Buffer.from(base64, "base64"), base64, mediaType, filename: attachment.filename };
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
