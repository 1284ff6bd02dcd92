/** Reads what a request brings along: all of it together within the rules of its endpoint, a few pieces at a time. */
import type { Part } from "../agent/types.ts";
import type { Documents } from "../documents/documents.ts";
import { createQuote } from "../documents/quote.ts";
import { isPicture, sniff } from "../documents/sniff.ts";
import type { GuardedFetch } from "../fetch/guarded-fetch.ts";
import { unsupported, type Attachment, type AttachmentRules, type ReadAttachments } from "./attachment.ts";
import { createBudget, tooManyImages } from "./budget.ts";
import { readFile } from "./files.ts";
import { readPicture } from "./pictures.ts";
import { isAddress, readSource } from "./source.ts";

interface ReaderParts {
  readonly rules: AttachmentRules;
  /** Path of `rules` in the configuration, which refusals name. */
  readonly place: string;
  readonly fetch: GuardedFetch;
  readonly documents: Documents;
  /** Resolves to the way out once there is room for another request's attachments; rejects when it takes too long. */
  readonly enter: (signal: AbortSignal) => Promise<() => void>;
}

/** Of one request, at a time. */
const sideBySide = 4;

export function createAttachmentReader(parts: ReaderParts): ReadAttachments {
  const { rules, place, fetch, documents } = parts;
  const quote = createQuote();

  /** A reader for one request. */
  const createRead = (signal: AbortSignal) => {
    const take = createBudget(rules);
    return async (attachment: Attachment): Promise<readonly Part[]> => {
      signal.throwIfAborted();
      const kind = attachment.kind === "image" ? "images" : "files";
      const from = { rules: rules[kind], place: `${place}.${kind}`, fetch, signal };
      const source = await readSource(attachment, from);
      const type = await sniff(source.bytes);
      return attachment.kind === "image" || isPicture(type)
        ? [readPicture(attachment, source, type, take)]
        : readFile(attachment, source, type, { rules: rules.files, documents, quote, take, signal });
    };
  };

  return async (attachments, signal) => {
    if (attachments.length === 0) return [];
    refuseTooMany(attachments, rules);
    const leave = await parts.enter(signal);
    const failed = new AbortController();
    const read = createRead(AbortSignal.any([signal, failed.signal]));
    try {
      return await inLanes(attachments, read);
    } finally {
      // One refusal ends the reading of the others.
      failed.abort();
      leave();
    }
  };
}

function refuseTooMany(
  attachments: readonly Attachment[],
  { maxImageParts, maxFileParts, maxUrlParts = Infinity }: AttachmentRules,
): void {
  const image = attachments.filter(({ kind }) => kind === "image")[maxImageParts];
  if (image !== undefined) throw tooManyImages(image, maxImageParts);
  const file = attachments.filter(({ kind }) => kind === "file")[maxFileParts];
  if (file !== undefined) throw unsupported(file, `a request may hold ${maxFileParts} files`);
  const address = attachments.filter(({ source }) => isAddress(source))[maxUrlParts];
  if (address !== undefined)
    throw unsupported(address, `a request may hold ${maxUrlParts} addresses; send data: URLs`);
}

/** The results in the order of the items. */
async function inLanes<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const left = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of left) results[index] = await read(item);
  };
  await Promise.all(Array.from({ length: sideBySide }, lane));
  return results;
}
