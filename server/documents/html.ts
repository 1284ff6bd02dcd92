/** A page of the web as Markdown, or as its text alone. */
import { inThread } from "./in-thread.ts";

export interface HtmlInput {
  readonly html: string;
  readonly format: "markdown" | "text";
  /** Of the result, about: what the reader will cut it to. */
  readonly maxChars: number;
}

/** By its type where somebody says it, else by how it begins. */
export function isHtml(text: string, mediaType: string | undefined): boolean {
  if (mediaType === "text/html" || mediaType === "application/xhtml+xml") return true;
  return !mediaType && /^\s*<(!doctype html|html)\b/i.test(text.slice(0, 1_024));
}

const worker = new URL("./html-worker.ts", import.meta.url);

/** Undefined when the page is more than the converter can take. */
export async function readHtml(input: HtmlInput, signal: AbortSignal): Promise<string | undefined> {
  const outcome = await inThread<string>({ module: worker, input, timeMs: 5_000, memoryMb: 512, signal });
  return "value" in outcome ? outcome.value : undefined;
}
