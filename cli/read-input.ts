/** Reads stdin to its end. */
import type { Io } from "./io.ts";

const silentMs = 3_000;

/** Says what it waits for when nothing arrives: a program may have left the pipe open. */
export async function readInput(io: Io): Promise<string> {
  const timer = setTimeout(() => io.err("Reading stdin until it ends …"), silentMs);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of io.input as AsyncIterable<Buffer | string>) {
      clearTimeout(timer);
      chunks.push(Buffer.from(chunk as string));
    }
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).toString();
}
