/** The bytes of an answer, decoded where its server compressed them all the same, and never more than a maximum. */
import { pipeline, type Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import type { Refused } from "../refused.ts";

const decoders: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
  ["zstd", createZstdDecompress],
]);

/** @param coding the `Content-Encoding`; "" when there is none */
export async function readBody(body: Readable, coding: string, maxBytes: number): Promise<Buffer | Refused> {
  const plain = coding === "" || coding === "identity";
  const decoder = decoders.get(coding)?.();
  if (!plain && decoder === undefined) return { refused: "it is compressed in a way that is not read here" };
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoder === undefined ? body : pipeline(body, decoder, () => {})) {
    size += (chunk as Buffer).length;
    if (size > maxBytes) return tooLarge(maxBytes);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

export function tooLarge(maxBytes: number): Refused {
  return { refused: `it is larger than ${maxBytes} bytes` };
}
