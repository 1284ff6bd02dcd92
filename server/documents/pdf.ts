/** A PDF as text, and as pictures of its pages where there is little text. */
import type { Refused } from "../refused.ts";
import { inThread } from "./in-thread.ts";

export interface PdfLimits {
  /** Pages that are read, from the first. */
  readonly maxPages: number;
  /** Of a page as a picture. */
  readonly maxPixels: number;
  /** With fewer characters than this, spaces aside, there are pictures too. */
  readonly minTextChars: number;
}

export interface PdfInput extends PdfLimits {
  readonly bytes: Uint8Array;
}

export interface PdfContent {
  /** Of the whole document. */
  readonly pages: number;
  /** Of each page that was read. */
  readonly texts: readonly string[];
  /** JPEG, one for each page that was read, or none at all. */
  readonly pictures: readonly Uint8Array[];
}

const worker = new URL("./pdf-worker.ts", import.meta.url);
const timeMs = 10_000;
const memoryMb = 512;

export async function readPdf(input: PdfInput, signal: AbortSignal): Promise<PdfContent | Refused> {
  const outcome = await inThread<PdfContent | "locked">({ module: worker, input, timeMs, memoryMb, signal });
  if ("failed" in outcome) return { refused: "the PDF is broken" };
  if ("exceeded" in outcome)
    return {
      refused:
        outcome.exceeded === "time"
          ? `reading the PDF takes longer than ${timeMs / 1_000} s`
          : `reading the PDF takes more than ${memoryMb} MB of memory`,
    };
  return outcome.value === "locked" ? { refused: "the PDF is locked with a password" } : outcome.value;
}
