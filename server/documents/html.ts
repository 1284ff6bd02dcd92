/** Detects HTML and converts it to Markdown or plain text. */
import { runInThread } from "./run-in-thread.ts";

export interface HtmlInput {
  readonly html: string;
  readonly format: "markdown" | "text";
  /** Approximate length of the result: conversion stops after it. */
  readonly maxChars: number;
}

/** Decides by the declared media type, else by the start of the text. */
export function isHtml(text: string, mediaType: string | undefined): boolean {
  if (mediaType === "text/html" || mediaType === "application/xhtml+xml") return true;
  return !mediaType && /^\s*<(!doctype html|html)\b/i.test(text.slice(0, 1_024));
}

const workerUrl = new URL("./html-worker.ts", import.meta.url);

/** Resolves to undefined when the conversion exceeds its time or memory. */
export async function convertHtml(input: HtmlInput, signal: AbortSignal): Promise<string | undefined> {
  const outcome = await runInThread<string>({
    module: workerUrl,
    input,
    maxCpuMs: 5_000,
    maxMemoryMb: 512,
    signal,
  });
  return "value" in outcome ? outcome.value : undefined;
}
