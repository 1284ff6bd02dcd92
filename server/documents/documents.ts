/** Documents of strangers, read in threads: a few at a time, each within its time and memory. */
import type { Refused } from "../refused.ts";
import { readHtml, type HtmlInput } from "./html.ts";
import { readPdf, type PdfContent, type PdfInput } from "./pdf.ts";

export interface Documents {
  pdf(input: PdfInput, signal: AbortSignal): Promise<PdfContent | Refused>;
  /** Undefined when the page is more than the converter can take. */
  html(input: HtmlInput, signal: AbortSignal): Promise<string | undefined>;
}

/** @param enter resolves to the way out once there is a thread to be had; rejects when it takes too long */
export function createDocuments(enter: (signal: AbortSignal) => Promise<() => void>): Documents {
  const inTurn = async <T>(signal: AbortSignal, read: () => Promise<T>): Promise<T> => {
    const leave = await enter(signal);
    try {
      return await read();
    } finally {
      leave();
    }
  };
  return {
    pdf: (input, signal) => inTurn(signal, () => readPdf(input, signal)),
    html: (input, signal) => inTurn(signal, () => readHtml(input, signal)),
  };
}
