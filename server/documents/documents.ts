/** Reads untrusted documents in worker threads: a few at a time, each with limited time and memory. */
import type { Rejected } from "../lib/validation-error.ts";
import { convertHtml, type HtmlInput } from "./html.ts";
import { readPdf, type PdfContent, type PdfInput } from "./pdf.ts";

export interface Documents {
  pdf(input: PdfInput, signal: AbortSignal): Promise<PdfContent | Rejected>;
  /** Resolves to undefined when the page exceeds the converter's time or memory. */
  html(input: HtmlInput, signal: AbortSignal): Promise<string | undefined>;
}

/** @param acquire waits for a thread; resolves to a release function, rejects after too long a wait */
export function createDocuments(acquire: (signal: AbortSignal) => Promise<() => void>): Documents {
  const runWithSlot = async <T>(signal: AbortSignal, read: () => Promise<T>): Promise<T> => {
    const release = await acquire(signal);
    try {
      return await read();
    } finally {
      release();
    }
  };
  return {
    pdf: (input, signal) => runWithSlot(signal, () => readPdf(input, signal)),
    html: (input, signal) => runWithSlot(signal, () => convertHtml(input, signal)),
  };
}
