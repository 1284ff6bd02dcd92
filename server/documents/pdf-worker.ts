/** In a thread of its own: the text of a PDF's first pages, and those pages as pictures where there is little text. */
import { parentPort, workerData } from "node:worker_threads";
import { createIsomorphicCanvasFactory, getDocumentProxy } from "unpdf";
import type { PdfContent, PdfInput } from "./pdf.ts";

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

/** Twice the size in points, 144 dots an inch: small print can be read. */
const scale = 2;
/** Longest side of a picture, whatever the shape of the page. */
const longestSide = 8_192;
/** Pictures inside a PDF beyond this are left out: 600 dots an inch on A4 are 35 million. */
const maxImageSize = 40_000_000;

const { bytes, maxPages, maxPixels, minTextChars } = workerData as PdfInput;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
parentPort?.postMessage(await read());

async function read(): Promise<PdfContent | "locked"> {
  const CanvasFactory = await createIsomorphicCanvasFactory(() => import("@napi-rs/canvas"));
  const pdf = await getDocumentProxy(bytes, { CanvasFactory, maxImageSize, verbosity: 0 }).catch(
    (error: Error) => {
      if (error.name === "PasswordException") return undefined;
      throw error;
    },
  );
  if (pdf === undefined) return "locked";
  const numbers = Array.from({ length: Math.min(pdf.numPages, maxPages) }, (_, index) => index + 1);
  const texts: string[] = [];
  for (const number of numbers) texts.push(await textOf(pdf, number));
  const pictures: Uint8Array[] = [];
  if (texts.join("").replaceAll(/\s/g, "").length < minTextChars)
    for (const number of numbers) pictures.push(await pictureOf(pdf, number));
  return { pages: pdf.numPages, texts, pictures };
}

async function textOf(pdf: Pdf, number: number): Promise<string> {
  const page = await pdf.getPage(number);
  const { items } = await page.getTextContent();
  return items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : "")).join("");
}

async function pictureOf(pdf: Pdf, number: number): Promise<Uint8Array> {
  const { createCanvas } = await import("@napi-rs/canvas");
  const page = await pdf.getPage(number);
  const { width, height } = page.getViewport({ scale: 1 });
  const fitting = Math.min(
    scale,
    Math.sqrt(maxPixels / (width * height)),
    longestSide / Math.max(width, height),
  );
  const viewport = page.getViewport({ scale: fitting });
  const canvas = createCanvas(
    Math.max(1, Math.floor(viewport.width)),
    Math.max(1, Math.floor(viewport.height)),
  );
  const canvasContext = canvas.getContext("2d");
  await page.render({ canvas, canvasContext, viewport }).promise;
  return canvas.encode("jpeg", 85);
}
