/** Worker thread: extracts the text of a PDF's first pages, and renders the pages if there is little text. */
import { parentPort, workerData } from "node:worker_threads";
import { createIsomorphicCanvasFactory, getDocumentProxy } from "unpdf";
import type { PdfContent, PdfInput } from "./pdf.ts";

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

/** Twice the size in points, which is 144 dpi: small print is readable. */
const scale = 2;
/** Longest side of a rendered page, whatever its shape. */
const maxSidePixels = 8_192;
/** Largest image inside a PDF, in pixels; larger ones are left out. An A4 scan at 600 dpi has 35 million. */
const maxImageSize = 40_000_000;

const { bytes, maxPages, maxPixels, minTextChars } = workerData as PdfInput;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
parentPort?.postMessage(await readDocument());

async function readDocument(): Promise<PdfContent | "locked"> {
  const CanvasFactory = await createIsomorphicCanvasFactory(() => import("@napi-rs/canvas"));
  const pdf = await getDocumentProxy(bytes, { CanvasFactory, maxImageSize, verbosity: 0 }).catch(
    (error: Error) => {
      if (error.name === "PasswordException") return undefined;
      throw error;
    },
  );
  if (pdf === undefined) return "locked";
  const pageNumbers = Array.from({ length: Math.min(pdf.numPages, maxPages) }, (_, index) => index + 1);
  const texts: string[] = [];
  for (const number of pageNumbers) texts.push(await extractText(pdf, number));
  const images: Uint8Array[] = [];
  if (texts.join("").replaceAll(/\s/g, "").length < minTextChars)
    for (const number of pageNumbers) images.push(await renderPage(pdf, number));
  return { pages: pdf.numPages, texts, images };
}

async function extractText(pdf: Pdf, number: number): Promise<string> {
  const page = await pdf.getPage(number);
  const { items } = await page.getTextContent();
  return items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : "")).join("");
}

async function renderPage(pdf: Pdf, number: number): Promise<Uint8Array> {
  const { createCanvas } = await import("@napi-rs/canvas");
  const page = await pdf.getPage(number);
  const { width, height } = page.getViewport({ scale: 1 });
  const fittedScale = Math.min(
    scale,
    Math.sqrt(maxPixels / (width * height)),
    maxSidePixels / Math.max(width, height),
  );
  const viewport = page.getViewport({ scale: fittedScale });
  const canvas = createCanvas(
    Math.max(1, Math.floor(viewport.width)),
    Math.max(1, Math.floor(viewport.height)),
  );
  const canvasContext = canvas.getContext("2d");
  await page.render({ canvas, canvasContext, viewport }).promise;
  return canvas.encode("jpeg", 85);
}
