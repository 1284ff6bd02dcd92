/** Where the contents of files are kept. A content is named by its hash; equal contents are kept once. */
import type { Transaction } from "kysely";
import type { Readable } from "node:stream";
import type { ReceivedContent, StoredFile } from "./files.ts";
import type { Tables } from "./schema.ts";

export interface FileContents {
  /** Stores a content that no file has yet, and computes its hash. On a failure nothing is left. */
  receive(source: AsyncIterable<Buffer>): Promise<ReceivedContent>;
  /** Removes a received content that is not kept. */
  discard(content: Pick<ReceivedContent, "place">): Promise<void>;
  /** Keeps a received content, and inserts the row of its file. Both are durable when it resolves; on a failure neither is. */
  keep(content: ReceivedContent, insertFile: (tx: Transaction<Tables>) => Promise<void>): Promise<void>;
  read(file: ContentName): Promise<Buffer>;
  open(file: ContentName): Promise<Readable>;
  /** Removes those of the contents that no file has. */
  removeUnused(hashes: readonly string[]): Promise<void>;
  /** Returns the hashes of contents that may be unused, and forgets what a crash has left half received. */
  sweep(): Promise<readonly string[]>;
}

export type ContentName = Pick<StoredFile, "hash" | "bytes">;
