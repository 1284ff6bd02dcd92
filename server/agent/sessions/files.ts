/** The contract of the store of files: the names, owners and expiry of uploads, and their contents. */
import type { Readable } from "node:stream";

/** A content that was received and is not kept yet. */
export interface ReceivedContent {
  readonly bytes: number;
  /** SHA-256, in hexadecimal digits. */
  readonly hash: string;
  /** Where it is until then. */
  readonly place: string;
}

export interface StoredFile {
  readonly id: string;
  /** Name of the credential that owns it. */
  readonly credential: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly hash: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A part of a content. Used where no folder keeps the contents. */
export interface FileChunkRow {
  /** The content's hash, or a name of its own while it arrives. */
  readonly content: string;
  /** Counts from 0. */
  readonly seq: number;
  readonly data: Uint8Array;
  readonly created_at: number;
}

export interface NewFile extends Pick<StoredFile, "credential" | "filename" | "purpose"> {
  readonly content: ReceivedContent;
  readonly expiresAfterMs: number;
  /** Bytes that all files of the credential may have. */
  readonly maxTotalBytes: number;
}

export interface FileFilter {
  readonly viewer: string;
  readonly purpose: string | undefined;
  readonly order: "asc" | "desc";
  readonly limit: number;
  readonly after: string | undefined;
}

/**
 * Another credential's file and an expired one are `file_not_found`. Every call rejects with `storage_unavailable` when
 * the store fails or its disk is full.
 */
export interface FileStore {
  /** Stores a content that no file has yet, and computes its hash. On a failure nothing is left. */
  receive(source: AsyncIterable<Buffer>): Promise<ReceivedContent>;
  /** Removes a received content that is not kept. */
  discard(content: Pick<ReceivedContent, "place">): Promise<void>;
  /** Keeps a received content. Durable when it resolves. Rejects with `request_too_large` for too many bytes in all. */
  create(file: NewFile): Promise<StoredFile>;
  find(id: string, viewer: string): Promise<StoredFile>;
  /** Rejects with `invalid_value` when `after` is not in the list. */
  list(filter: FileFilter): Promise<readonly StoredFile[]>;
  remove(id: string, viewer: string): Promise<void>;
  read(file: StoredFile): Promise<Buffer>;
  open(file: StoredFile): Promise<Readable>;
}
