/** Reads and decompresses a response body up to a maximum size. */
import { pipeline, type Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import type { Rejected } from "../lib/validation-error.ts";

const decoders: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
  ["zstd", createZstdDecompress],
]);

/** @param contentEncoding the `Content-Encoding` header; "" if absent */
export async function readBody(
  body: Readable,
  contentEncoding: string,
  maxBytes: number,
): Promise<Buffer | Rejected> {
  const isIdentity = contentEncoding === "" || contentEncoding === "identity";
  const decoder = decoders.get(contentEncoding)?.();
  if (!isIdentity && decoder === undefined) return { rejected: "its content encoding is not supported" };
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoder === undefined ? body : pipeline(body, decoder, () => {})) {
    size += (chunk as Buffer).length;
    if (size > maxBytes) return rejectTooLarge(maxBytes);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

export function rejectTooLarge(maxBytes: number): Rejected {
  return { rejected: `it is larger than ${maxBytes} bytes` };
}
