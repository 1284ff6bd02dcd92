/** Reads the attachments of a request within the limits of its endpoint, a few at a time. */
import type { Part } from "../agent/types.ts";
import type { Documents } from "../documents/documents.ts";
import { createUntrustedTextQuote } from "../documents/untrusted-text.ts";
import { isImageType, detectMediaType } from "../documents/detect-type.ts";
import type { GuardedFetch } from "../fetch/guarded-fetch.ts";
import {
  createUnsupportedError,
  type Attachment,
  type AttachmentRules,
  type ReadAttachmentsOf,
  type ReadStoredFile,
} from "./attachment.ts";
import { createImageBudget, createTooManyImagesError } from "./image-budget.ts";
import { readFile } from "./files.ts";
import { readImage } from "./images.ts";
import { isHttpUrl, readSource, type SourceDeps } from "./attachment-source.ts";

interface AttachmentReaderDeps {
  readonly rules: AttachmentRules;
  /** Path of `rules` in the configuration, for error messages. */
  readonly configPath: string;
  readonly fetch: GuardedFetch;
  readonly readStoredFile: ReadStoredFile;
  readonly documents: Documents;
  /** Waits for a slot. Resolves to a release function; rejects after too long a wait. */
  readonly acquire: (signal: AbortSignal) => Promise<() => void>;
}

/** Attachments of one request that are read at the same time. */
const maxConcurrentReads = 4;

export function createAttachmentReader(deps: AttachmentReaderDeps): ReadAttachmentsOf {
  const { rules, configPath, fetch, documents } = deps;
  const quote = createUntrustedTextQuote();

  /** Creates the reader for one request. */
  const createReader = (credential: string, signal: AbortSignal) => {
    const readStoredFile: SourceDeps["readStoredFile"] = (id) => deps.readStoredFile(id, credential);
    const chargeImage = createImageBudget(rules);
    const imageTypes = { allowedMimes: rules.images.allowedMimes, configPath: `${configPath}.images` };
    const fileDeps = {
      rules: rules.files,
      configPath: `${configPath}.files`,
      documents,
      quote,
      chargeImage,
      signal,
    };
    return async (attachment: Attachment): Promise<readonly Part[]> => {
      signal.throwIfAborted();
      const kind = attachment.kind === "image" ? "images" : "files";
      const sourceDeps = {
        rules: rules[kind],
        configPath: `${configPath}.${kind}`,
        fetch,
        readStoredFile,
        signal,
      };
      const source = await readSource(attachment, sourceDeps);
      const type = await detectMediaType(source.bytes);
      return attachment.kind === "image" || isImageType(type)
        ? [readImage(attachment, source, type, { chargeImage, ...imageTypes })]
        : readFile(attachment, source, type, fileDeps);
    };
  };

  return (credential) => async (attachments, signal) => {
    if (attachments.length === 0) return [];
    rejectTooMany(attachments, rules);
    const release = await deps.acquire(signal);
    const failure = new AbortController();
    const read = createReader(credential, AbortSignal.any([signal, failure.signal]));
    try {
      return await mapConcurrently(attachments, read);
    } finally {
      // The first rejected attachment stops reading the others.
      failure.abort();
      release();
    }
  };
}

function rejectTooMany(
  attachments: readonly Attachment[],
  { maxImageParts, maxFileParts, maxUrlParts = Infinity }: AttachmentRules,
): void {
  const image = attachments.filter(({ kind }) => kind === "image")[maxImageParts];
  if (image !== undefined) throw createTooManyImagesError(image, maxImageParts);
  const file = attachments.filter(({ kind }) => kind === "file")[maxFileParts];
  if (file !== undefined)
    throw createUnsupportedError(file, `a request can have at most ${maxFileParts} files`);
  const address = attachments.filter(({ source }) => isHttpUrl(source))[maxUrlParts];
  if (address !== undefined)
    throw createUnsupportedError(
      address,
      `a request can have at most ${maxUrlParts} http(s) URLs; send data: URLs`,
    );
}

/** Maps items with limited concurrency. The results are in the order of the items. */
async function mapConcurrently<T, R>(
  items: readonly T[],
  read: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const remaining = items.entries();
  const readNext = async (): Promise<void> => {
    for (const [index, item] of remaining) results[index] = await read(item);
  };
  await Promise.all(Array.from({ length: maxConcurrentReads }, readNext));
  return results;
}
