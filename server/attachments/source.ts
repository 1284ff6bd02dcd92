/** The bytes of an attachment: from its data URL, its base64, or its address where addresses are fetched. */
import { Buffer } from "node:buffer";
import { mayBeRead } from "../documents/sniff.ts";
import type { GuardedFetch } from "../fetch/guarded-fetch.ts";
import { invalid, unsupported, type Attachment } from "./attachment.ts";

/** The part of the rules that images and files share. */
export interface SourceRules {
  readonly allowUrl: boolean;
  readonly urlAllowlist: readonly string[];
  readonly maxBytes: number;
  readonly maxRedirects: number;
  readonly timeoutMs: number;
}

export interface Source {
  readonly bytes: Uint8Array;
  /** The same in base64, where it came so. */
  readonly base64: string | undefined;
  /** As the sender or the server says. */
  readonly mediaType: string | undefined;
  readonly filename: string | undefined;
}

interface SourceParts {
  readonly rules: SourceRules;
  /** Path of `rules` in the configuration. */
  readonly place: string;
  readonly fetch: GuardedFetch;
  readonly signal: AbortSignal;
}

const address = /^https?:/i;
const dataUrl = /^data:([^,;]*)[^,]*;base64,/i;
const base64Text = /^[A-Za-z0-9+/]*={0,2}$/;

export const isAddress = (source: Attachment["source"]): boolean =>
  typeof source === "string" && address.test(source);

export async function readSource(attachment: Attachment, parts: SourceParts): Promise<Source> {
  const { source } = attachment;
  if (typeof source !== "string") return decode(attachment, source.base64, source.mediaType, parts.rules);
  if (address.test(source)) return fetchSource(attachment, source, parts);
  const [head, mediaType] = dataUrl.exec(source.slice(0, 1_024)) ?? [];
  if (head !== undefined)
    return decode(attachment, source.slice(head.length), mediaType?.toLowerCase(), parts.rules);
  // The bytes tell what a file is; it may come without the head that says so too.
  if (attachment.kind === "file" && base64Text.test(source))
    return decode(attachment, source, undefined, parts.rules);
  throw invalid(attachment, `expected ${an(attachment)} as a data URL in base64`);
}

function decode(
  attachment: Attachment,
  base64: string,
  mediaType: string | undefined,
  { maxBytes }: SourceRules,
): Source {
  const size = Buffer.byteLength(base64, "base64");
  if (size > maxBytes)
    throw unsupported(attachment, `${an(attachment)} may have ${maxBytes} bytes, this one has ${size}`);
  if (!base64Text.test(base64)) throw invalid(attachment, "the data is not valid base64");
  return { bytes: Buffer.from(base64, "base64"), base64, mediaType, filename: attachment.filename };
}

async function fetchSource(
  attachment: Attachment,
  url: string,
  { rules, place, fetch, signal }: SourceParts,
): Promise<Source> {
  if (!rules.allowUrl)
    throw unsupported(
      attachment,
      `addresses are not fetched here; send a data: URL, or set ${place}.allowUrl to true`,
    );
  const answer = await fetch({
    url,
    hosts: rules.urlAllowlist,
    maxBytes: rules.maxBytes,
    maxRedirects: rules.maxRedirects,
    timeoutMs: rules.timeoutMs,
    takes: mayBeRead,
    signal,
  });
  if ("refused" in answer) throw unsupported(attachment, `the address was not fetched: ${answer.refused}`);
  if (answer.status < 200 || answer.status > 299)
    throw unsupported(attachment, `the address was not fetched: the server answered ${answer.status}`);
  return {
    bytes: answer.bytes,
    base64: undefined,
    mediaType: answer.mediaType,
    filename: attachment.filename ?? lastPart(answer.url),
  };
}

function an({ kind }: Attachment): string {
  return kind === "image" ? "an image" : "a file";
}

function lastPart(url: string): string | undefined {
  const part = new URL(url).pathname.split("/").at(-1);
  try {
    return part === undefined || part === "" ? undefined : decodeURIComponent(part);
  } catch {
    return part;
  }
}
