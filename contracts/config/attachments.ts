/** What a request may bring along, per endpoint: pictures and documents, how many, how large, from where. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { bytes, count, milliseconds } from "./fields.ts";

const from = (allowUrl: boolean) =>
  ({
    allowUrl: z
      .boolean()
      .default(allowUrl)
      .describe(
        "Whether http(s) addresses are fetched, besides data URLs: public ones only, on ports 80, 443, 8080 and 8443.",
      ),
    urlAllowlist: listOf(shortText().min(1))
      .default([])
      .describe("Hosts that may be fetched from, `example.com` or `*.example.com`; empty: all public ones."),
    maxRedirects: z
      .int()
      .min(0)
      .max(20)
      .default(3)
      .describe("Redirects that are followed, each checked anew."),
    timeoutMs: milliseconds().default(10_000).describe("Longest fetch, in milliseconds."),
  }) as const;

const images = (allowUrl: boolean) =>
  z
    .strictObject({
      ...from(allowUrl),
      maxBytes: bytes().default(10_000_000).describe("Size of one image, decoded, in bytes."),
    })
    .prefault({})
    .describe("Pictures: PNG, JPEG, GIF and WebP, told by their bytes.");

const files = (allowUrl: boolean) =>
  z
    .strictObject({
      ...from(allowUrl),
      maxBytes: bytes().default(5_000_000).describe("Size of one file, decoded, in bytes."),
      maxChars: count().default(200_000).describe("Characters of one file that the model is given."),
      pdf: z
        .strictObject({
          maxPages: count().default(4).describe("Pages that are read."),
          maxPixels: z
            .int()
            .min(1)
            .max(40_000_000)
            .default(4_000_000)
            .describe("Pixels of one page where it is shown as a picture; larger ones are scaled down."),
          minTextChars: count()
            .default(200)
            .describe("With less text than this, pages are shown as pictures too."),
        })
        .prefault({}),
    })
    .prefault({})
    .describe("Documents: text, Markdown, HTML, CSV, JSON and PDF, told by their bytes.");

const totals = {
  maxFileParts: count().default(8).describe("Files in one request."),
  maxImageParts: count()
    .default(8)
    .describe("Images in one request, pages of PDFs that are shown as pictures included."),
  maxTotalImageBytes: bytes()
    .default(14_000_000)
    .describe("Size of all images of one request together, decoded, in bytes."),
} as const;

/** The rules of an endpoint that fetches no addresses unless it is told to. */
export const attachmentsByData = { ...totals, images: images(false), files: files(false) } as const;

/** The rules of an endpoint that fetches public addresses unless it is told not to. */
export const attachmentsByAddress = {
  ...totals,
  maxUrlParts: z
    .int()
    .min(0)
    .max(2_000)
    .default(8)
    .describe("Images and files in one request that come as addresses; 0 for none."),
  images: images(true),
  files: files(true),
} as const;
