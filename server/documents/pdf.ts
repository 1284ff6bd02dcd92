/** Reads a PDF as text, and as images of its pages if there is little text. */
import type { Rejected } from "../lib/validation-error.ts";
import { runInThread } from "./run-in-thread.ts";

export interface PdfLimits {
  /** Number of pages to read, from the first. */
  readonly maxPages: number;
  /** Largest rendered page, in pixels. */
  readonly maxPixels: number;
  /** With fewer characters than this, without whitespace, pages are rendered as images too. */
  readonly minTextChars: number;
}

export interface PdfInput extends PdfLimits {
  readonly bytes: Uint8Array;
}

export interface PdfContent {
  /** Number of pages of the document. */
  readonly pages: number;
  /** Text of each page that was read. */
  readonly texts: readonly string[];
  /** JPEG images: one for each page that was read, or none. */
  readonly images: readonly Uint8Array[];
}

const workerUrl = new URL("./pdf-worker.ts", import.meta.url);
const maxCpuMs = 10_000;
const maxMemoryMb = 512;

export async function readPdf(input: PdfInput, signal: AbortSignal): Promise<PdfContent | Rejected> {
  const outcome = await runInThread<PdfContent | "locked">({
    module: workerUrl,
    input,
    maxCpuMs,
    maxMemoryMb,
    signal,
  });
  if ("error" in outcome) return { rejected: "the PDF is broken" };
  if ("exceededLimit" in outcome)
    return {
      rejected:
        outcome.exceededLimit === "time"
          ? `reading the PDF takes longer than ${maxCpuMs / 1_000} s`
          : `reading the PDF takes more than ${maxMemoryMb} MB of memory`,
    };
  return outcome.value === "locked" ? { rejected: "the PDF is locked with a password" } : outcome.value;
}
