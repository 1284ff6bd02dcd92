import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import type { Attachment } from "../../server/attachments/attachment.ts";
import { file, image, reader, type Rules } from "../support/attachments.ts";
import { bombPdf, lockedPdf, textPdf } from "../support/pdf.ts";
import { dataUrl, png } from "../support/pictures.ts";

const zip = Buffer.from("PK\x03\x04\x14\x00\x00\x00\x08\x00aaaaaaaaaaaaaaaaaa\x01\x00\x00\x00a", "latin1");
const place = "gateway.http.endpoints.chatCompletions";
const notPicture = "the bytes are not a PNG, JPEG, GIF or WebP image";
const notText = "the bytes are not text in UTF-8, nor a PDF or an image";
const notFetched = "addresses are not fetched here; send a data: URL, or set";

interface Case {
  readonly name: string;
  readonly part: Attachment;
  readonly rule: string;
  readonly rules?: Rules;
}

async function expectRefusal(code: string, { part, rule, rules }: Case): Promise<void> {
  const { param } = part;
  const message = `${param}: ${rule}`;
  await expect(reader(rules)(part)).rejects.toMatchObject({ code, param, message });
}

describe("what is not what it should be is refused", () => {
  const asImage = "expected an image as a data URL in base64";
  const asFile = "expected a file as a data URL in base64";
  const notBase64 = "the data is not valid base64";
  const cases: readonly Case[] = [
    { name: "another scheme", part: image("file:///etc/passwd"), rule: asImage },
    { name: "base64 alone for an image", part: image(png.toString("base64")), rule: asImage },
    { name: "text in a data URL", part: file("data:text/plain,hello"), rule: asFile },
    { name: "no base64", part: image("data:image/png;base64,@@@@"), rule: notBase64 },
    {
      name: "no base64 with a media type",
      part: file({ base64: "not it", mediaType: "text/plain" }),
      rule: notBase64,
    },
  ];
  test.each(cases)("$name", (each) => expectRefusal("invalid_value", each));
});

describe("what the rules do not allow is refused by the rule", () => {
  const large = { images: { maxBytes: 10 }, files: { maxBytes: 10 } };
  const cases: readonly Case[] = [
    {
      name: "an address",
      part: image("https://example.com/a"),
      rule: `${notFetched} ${place}.images.allowUrl to true`,
    },
    {
      name: "a file's address",
      part: file("HTTP://example.com/a"),
      rule: `${notFetched} ${place}.files.allowUrl to true`,
    },
    {
      name: "an image",
      part: image(dataUrl("", png)),
      rule: `an image may have 10 bytes, this one has ${png.length}`,
      rules: large,
    },
    {
      name: "a file",
      part: file(dataUrl("", "hello, world")),
      rule: "a file may have 10 bytes, this one has 12",
      rules: large,
    },
    {
      name: "images",
      part: image(dataUrl("", png)),
      rule: "the images of a request may have 10 bytes together",
      rules: { maxTotalImageBytes: 10 },
    },
  ];
  test.each(cases)("$name", (each) => expectRefusal("unsupported_value", each));
});

describe("what nothing here can read is refused by its kind", () => {
  const cases: readonly Case[] = [
    { name: "nothing as an image", part: image("data:image/png;base64,"), rule: notPicture },
    { name: "text as an image", part: image(dataUrl("image/png", "hello")), rule: notPicture },
    {
      name: "an archive as an image",
      part: image(dataUrl("image/png", zip)),
      rule: `${notPicture} but application/zip`,
    },
    {
      name: "a PDF as an image",
      part: image(dataUrl("", textPdf(["a"]))),
      rule: "this is a PDF; send it as a file part",
    },
    { name: "an archive", part: file(dataUrl("text/plain", zip)), rule: `${notText} but application/zip` },
    {
      name: "bytes of no kind",
      part: file(dataUrl("text/plain", Buffer.from([0xff, 0x00, 0x80]))),
      rule: notText,
    },
    { name: "text with a NUL", part: file(dataUrl("text/plain", "a\0b")), rule: notText },
    {
      name: "a locked PDF",
      part: file(dataUrl("application/pdf", lockedPdf())),
      rule: "the PDF is locked with a password",
    },
    {
      name: "a broken PDF",
      part: file(dataUrl("application/pdf", "%PDF-1.7 nothing")),
      rule: "the PDF is broken",
    },
  ];
  test.each(cases)("$name", (each) => expectRefusal("unsupported_value", each));
});

test("one part too many is refused before any of them is looked at", async () => {
  const at = (index: number): string => `messages[2].content[${index}]`;
  const images = [0, 1, 2].map((index) => image("no image", at(index)));
  await expect(reader({ maxImageParts: 2 })(...images)).rejects.toMatchObject({
    param: at(2),
    message: `${at(2)}: a request may hold 2 images, pages of PDFs included`,
  });
  const files = [0, 1].map((index) => file("no file!", undefined, at(index)));
  await expect(reader({ maxFileParts: 1 })(...files)).rejects.toMatchObject({
    param: at(1),
    message: `${at(1)}: a request may hold 1 files`,
  });
  const addresses = [image(dataUrl("", png), at(0)), image("https://example.com/a", at(1))];
  await expect(reader({ maxUrlParts: 0 })(...addresses)).rejects.toMatchObject({
    param: at(1),
    message: `${at(1)}: a request may hold 0 addresses; send data: URLs`,
  });
});

test("images that come as files count as images", async () => {
  const images = [image(dataUrl("", png)), file(dataUrl("", png), "a.png", "messages[1].content[0]")];
  await expect(reader({ maxImageParts: 1 })(...images)).rejects.toMatchObject({
    message: "messages[1].content[0]: a request may hold 1 images, pages of PDFs included",
  });
});

test("one refusal ends the reading of all the others", async () => {
  const startedAt = Date.now();
  const slow = file(dataUrl("application/pdf", bombPdf(300_000_000)));
  const refused = image("no image", "messages[1].content[0]");
  await expect(reader()(slow, refused)).rejects.toMatchObject({ param: refused.param });
  expect(Date.now() - startedAt).toBeLessThan(9_000);
});
