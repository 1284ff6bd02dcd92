import { describe, expect, test } from "vitest";
import { createDocuments } from "../../server/documents/documents.ts";
import type { PdfContent } from "../../server/documents/pdf.ts";
import { isImageType, detectMediaType } from "../../server/documents/detect-type.ts";
import {
  createBombPdf,
  createEncryptedPdf,
  createLoopPdf,
  createImagePdf,
  createTextPdf,
} from "../support/documents/pdf.ts";

const { signal } = new AbortController();
const documents = createDocuments(() => Promise.resolve(() => {}));
const limits = { maxPages: 2, maxPixels: 1_000_000, minTextChars: 20 };

const read = async (bytes: Uint8Array, more: Partial<typeof limits> = {}): Promise<PdfContent> => {
  const content = await documents.pdf({ bytes, ...limits, ...more }, signal);
  if ("rejected" in content) throw new Error(content.rejected);
  return content;
};

describe("a PDF", () => {
  test("is its text, page by page, up to the page limit", async () => {
    const page = "The quick brown fox\njumps over the lazy dog.";
    expect(await read(createTextPdf([page, "Second page", "Third page"]))).toEqual({
      pages: 3,
      texts: [page, "Second page"],
      images: [],
    });
  });

  test("with little text is also rendered as images within the pixel limit", async () => {
    const { texts, images } = await read(createImagePdf(2));
    expect(texts).toEqual(["", ""]);
    expect(images).toHaveLength(2);
    expect(await detectMediaType(images[0] ?? new Uint8Array())).toBe("image/jpeg");
    const [width, height] = jpegSize(images[0]);
    expect(width * height).toBeLessThanOrEqual(1_000_000);
    expect(width * height).toBeGreaterThan(900_000);
    const [small] = (await read(createImagePdf(1, [100, 50]))).images;
    expect(jpegSize(small)).toEqual([200, 100]);
  });

  test("of any shape is rendered at a bounded size", async () => {
    const shapes = [
      [1_000_000, 1_000_000],
      [1, 10_000_000],
      [10_000_000, 1],
      [0, 0],
      [0.001, 0.001],
    ] as const;
    for (const shape of shapes) {
      const [picture] = (await read(createImagePdf(1, shape))).images;
      const [width, height] = jpegSize(picture);
      expect(width * height, String(shape)).toBeLessThanOrEqual(1_000_000);
      expect(Math.max(width, height), String(shape)).toBeLessThanOrEqual(8_192);
    }
  });

  test("that is locked or broken is rejected", async () => {
    const getRejection = (bytes: Uint8Array): Promise<unknown> => documents.pdf({ bytes, ...limits }, signal);
    expect(await getRejection(createEncryptedPdf())).toEqual({
      rejected: "the PDF is locked with a password",
    });
    expect(await getRejection(Buffer.from("%PDF-1.7\nnothing"))).toEqual({ rejected: "the PDF is broken" });
    expect(await getRejection(createTextPdf(["x"]).subarray(0, 100))).toEqual({
      rejected: "the PDF is broken",
    });
  });

  test("that is malicious costs no more than its time and memory", async () => {
    const loop = await documents.pdf({ bytes: createLoopPdf(), ...limits }, signal);
    expect(loop).toHaveProperty("rejected");
    const bomb = await documents.pdf({ bytes: createBombPdf(1_000_000_000), ...limits }, signal);
    expect(bomb).toEqual({
      rejected: expect.stringMatching(/^reading the PDF takes (longer|more)/) as unknown,
    });
    // The gateway itself goes on.
    expect((await read(createTextPdf(["still here, and reading PDFs"]))).pages).toBe(1);
  });

  test("is abandoned on abort", async () => {
    const controller = new AbortController();
    const reason = new Error("left");
    const bytes = createBombPdf(100_000_000);
    const reading = documents.pdf({ bytes, ...limits }, controller.signal);
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});

describe("HTML", () => {
  const html = (text: string, format: "markdown" | "text" = "markdown", maxChars = 10_000) =>
    documents.html({ html: text, format, maxChars }, signal);
  const page = `<!doctype html><html><head><title>T</title><style>a{}</style></head><body>
    <!-- not <b>this</b> --><script>alert("<p>nor this</p>")</script><svg><text>no</text></svg>
    <h1>Title *one*</h1><p>Some <b>bold</b> &amp; <a href="/x">linked</a> text.</p>
    <ul><li>first</li><li>second</li></ul><pre><code>let a;\n  b</code></pre></body></html>`;

  test("is converted to Markdown or plain text", async () => {
    expect(await html(page)).toBe(
      "# Title \\*one\\*\n\nSome **bold** & [linked](/x) text.\n\n* first\n* second\n\n```\nlet a;\n  b\n```",
    );
    expect(await html(page, "text")).toBe(
      "Title *one*\n\nSome bold & linked text.\n\n* first\n* second\n\nlet a;\n  b",
    );
  });

  test("of a long page is converted up to the requested length", async () => {
    const paragraphs = Array.from({ length: 50_000 }, (_, index) => `<p>paragraph ${index}</p>`);
    const text = (await html(paragraphs.join(""), "markdown", 100_000)) ?? "";
    expect(text.startsWith("paragraph 0\n\nparagraph 1\n\n")).toBe(true);
    expect(text.length).toBeGreaterThan(100_000);
    expect(text.length).toBeLessThan(200_000);
    const numbers = text.split("\n\n").map((line) => Number(line.split(" ")[1]));
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });

  test("with elements that never end is converted in linear time", async () => {
    const open = ["<script ", "<style ", "<!-- ", "<svg "].join("").repeat(10_000);
    expect(await html(`<p>first</p>${open}`)).toContain("first");
    expect(await html(`<p>first</p><!-- no --><script>no</script >${"<script>".repeat(3)}`)).toMatch(
      /^first/,
    );
  });

  test("that exceeds the converter's limits is not converted", async () => {
    expect(await html("<div>".repeat(100_000))).toBeUndefined();
  });
});

test("media types are detected from bytes", async () => {
  const png = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
    "base64",
  );
  expect(await detectMediaType(png)).toBe("image/png");
  expect(isImageType("image/png")).toBe(true);
  expect(isImageType("image/tiff")).toBe(false);
  expect(await detectMediaType(createTextPdf(["a"]))).toBe("application/pdf");
  expect(await detectMediaType(Buffer.from("only text"))).toBeUndefined();
});

/** From the first frame header. */
function jpegSize(bytes: Uint8Array | undefined): readonly [number, number] {
  const jpeg = Buffer.from(bytes ?? []);
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const marker = jpeg[at + 1] ?? 0;
    if (marker >= 0xc0 && marker <= 0xc2) return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
  }
  throw new Error("no size in this JPEG");
}
