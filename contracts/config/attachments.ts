/** Limits for the attachments of an endpoint: number, size and source of images and documents. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { bytes, count, milliseconds } from "./fields.ts";

const urlRules = (allowUrl: boolean) =>
  ({
    allowUrl: z
      .boolean()
      .default(allowUrl)
      .describe(
        "Whether http(s) URLs are fetched, in addition to data URLs. Public addresses only, on ports 80, 443, 8080 and 8443.",
      ),
    urlAllowlist: listOf(shortText().min(1))
      .default([])
      .describe("Hosts to fetch from: `example.com` or `*.example.com`. Empty allows all public hosts."),
    maxRedirects: z.int().min(0).max(20).default(3).describe("Redirects to follow; each target is checked."),
    timeoutMs: milliseconds().default(10_000).describe("Time limit of a fetch, in milliseconds."),
  }) as const;

const mediaType = () =>
  shortText()
    .regex(/^[\w.+-]+\/[\w.+-]+$/, 'must be a media type such as "image/png"')
    .toLowerCase();

const images = (allowUrl: boolean) =>
  z
    .strictObject({
      ...urlRules(allowUrl),
      allowedMimes: listOf(mediaType())
        .optional()
        .describe(
          "The only media types of images that are accepted, such as `image/png`. Default: all four.",
        ),
      maxBytes: bytes().default(10_000_000).describe("Largest image, decoded, in bytes."),
    })
    .prefault({})
    .describe("Images: PNG, JPEG, GIF and WebP, detected from their bytes.");

const files = (allowUrl: boolean) =>
  z
    .strictObject({
      ...urlRules(allowUrl),
      allowedMimes: listOf(mediaType())
        .optional()
        .describe(
          "The only media types of files that are accepted. PDF and HTML are detected; other text has the type that its sender declares, or else `text/plain`. Default: all.",
        ),
      maxBytes: bytes().default(5_000_000).describe("Largest file, decoded, in bytes."),
      maxChars: count().default(200_000).describe("Characters of one file that the model receives."),
      pdf: z
        .strictObject({
          maxPages: count().default(4).describe("Pages to read, from the first."),
          maxPixels: z
            .int()
            .min(1)
            .max(40_000_000)
            .default(4_000_000)
            .describe("Largest rendered page, in pixels; larger pages are scaled down."),
          minTextChars: count()
            .default(200)
            .describe("Pages are also rendered as images if the PDF has fewer characters than this."),
        })
        .prefault({})
        .describe("How PDF files are read."),
    })
    .prefault({})
    .describe("Documents: text, Markdown, HTML, CSV, JSON and PDF, detected from their bytes.");

const totals = {
  maxFileParts: count().default(8).describe("Files per request."),
  maxImageParts: count().default(8).describe("Images per request, rendered PDF pages included."),
  maxTotalImageBytes: bytes()
    .default(14_000_000)
    .describe("Total size of the images of a request, decoded, in bytes."),
} as const;

/** Limits of an endpoint that fetches no URLs by default. */
export const attachmentsWithoutUrls = { ...totals, images: images(false), files: files(false) } as const;

/** Limits of an endpoint that fetches public URLs by default. */
export const attachmentsWithUrls = {
  ...totals,
  maxUrlParts: z
    .int()
    .min(0)
    .max(2_000)
    .default(8)
    .describe("Images and files per request that are http(s) URLs; 0 allows none."),
  images: images(true),
  files: files(true),
} as const;

/** Anthropic's limit of images. A coding program sends all pictures of a conversation with each request. */
const maxHistoryParts = 100;

/** Limits of an endpoint whose clients send long conversations with each request. */
export const attachmentsOfHistories = {
  ...attachmentsWithUrls,
  maxFileParts: totals.maxFileParts.unwrap().default(maxHistoryParts).describe("Files per request."),
  maxImageParts: totals.maxImageParts
    .unwrap()
    .default(maxHistoryParts)
    .describe("Images per request, rendered PDF pages included."),
} as const;
