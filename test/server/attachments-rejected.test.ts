import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import type { Attachment } from "../../server/attachments/attachment.ts";
import {
  fileAttachment,
  imageAttachment,
  createTestReader,
  type AttachmentRules,
} from "../support/documents/attachments.ts";
import { createBombPdf, createEncryptedPdf, createTextPdf } from "../support/documents/pdf.ts";
import { dataUrl, png } from "../support/documents/images.ts";

const zip = Buffer.from("PK\x03\x04\x14\x00\x00\x00\x08\x00aaaaaaaaaaaaaaaaaa\x01\x00\x00\x00a", "latin1");
const place = "gateway.http.endpoints.chatCompletions";
const notPicture = "the bytes are not a PNG, JPEG, GIF or WebP image";
const notText = "the bytes are not UTF-8 text, a PDF or an image";
const notFetched = "URLs are not fetched; send a data: URL, or set";

interface Case {
  readonly name: string;
  readonly part: Attachment;
  readonly rule: string;
  readonly rules?: AttachmentRules;
}

async function expectRejection(code: string, { part, rule, rules }: Case): Promise<void> {
  const { param } = part;
  const message = `${param}: ${rule}`;
  await expect(createTestReader(rules)(part)).rejects.toMatchObject({ code, param, message });
}

describe("a malformed attachment is rejected", () => {
  const asImage = "expected an image as a data URL in base64";
  const asFile = "expected a file as a data URL in base64";
  const notBase64 = "the data is not valid base64";
  const cases: readonly Case[] = [
    { name: "another scheme", part: imageAttachment("file:///etc/passwd"), rule: asImage },
    { name: "base64 alone for an image", part: imageAttachment(png.toString("base64")), rule: asImage },
    { name: "a data URL without data", part: fileAttachment("data:text/plain"), rule: asFile },
    { name: "no base64", part: imageAttachment("data:image/png;base64,@@@@"), rule: notBase64 },
    {
      name: "no base64 with a media type",
      part: fileAttachment({ base64: "@@@@", mediaType: "text/plain" }),
      rule: notBase64,
    },
  ];
  test.each(cases)("$name", (each) => expectRejection("invalid_value", each));
});

describe("an attachment beyond a limit is rejected with the limit", () => {
  const large = { images: { maxBytes: 10 }, files: { maxBytes: 10 } };
  const cases: readonly Case[] = [
    {
      name: "an address",
      part: imageAttachment("https://example.com/a"),
      rule: `${notFetched} ${place}.images.allowUrl to true`,
    },
    {
      name: "a file's address",
      part: fileAttachment("HTTP://example.com/a"),
      rule: `${notFetched} ${place}.files.allowUrl to true`,
    },
    {
      name: "an image",
      part: imageAttachment(dataUrl("", png)),
      rule: `an image can have at most 10 bytes, this one has ${png.length}`,
      rules: large,
    },
    {
      name: "a file",
      part: fileAttachment(dataUrl("", "hello, world")),
      rule: "a file can have at most 10 bytes, this one has 12",
      rules: large,
    },
    {
      name: "images",
      part: imageAttachment(dataUrl("", png)),
      rule: "the images of a request can have at most 10 bytes in total",
      rules: { maxTotalImageBytes: 10 },
    },
  ];
  test.each(cases)("$name", (each) => expectRejection("unsupported_value", each));
});

describe("an attachment of an unsupported type is rejected with its type", () => {
  const cases: readonly Case[] = [
    { name: "nothing as an image", part: imageAttachment("data:image/png;base64,"), rule: notPicture },
    { name: "text as an image", part: imageAttachment(dataUrl("image/png", "hello")), rule: notPicture },
    {
      name: "an archive as an image",
      part: imageAttachment(dataUrl("image/png", zip)),
      rule: `${notPicture} but application/zip`,
    },
    {
      name: "a PDF as an image",
      part: imageAttachment(dataUrl("", createTextPdf(["a"]))),
      rule: "this is a PDF; send it as a file part",
    },
    {
      name: "an archive",
      part: fileAttachment(dataUrl("text/plain", zip)),
      rule: `${notText} but application/zip`,
    },
    {
      name: "bytes of no kind",
      part: fileAttachment(dataUrl("text/plain", Buffer.from([0xff, 0x00, 0x80]))),
      rule: notText,
    },
    { name: "text with a NUL", part: fileAttachment(dataUrl("text/plain", "a\0b")), rule: notText },
    {
      name: "a locked PDF",
      part: fileAttachment(dataUrl("application/pdf", createEncryptedPdf())),
      rule: "the PDF is locked with a password",
    },
    {
      name: "a broken PDF",
      part: fileAttachment(dataUrl("application/pdf", "%PDF-1.7 nothing")),
      rule: "the PDF is broken",
    },
  ];
  test.each(cases)("$name", (each) => expectRejection("unsupported_value", each));
});

test("too many attachments are rejected before any is read", async () => {
  const paramAt = (index: number): string => `messages[2].content[${index}]`;
  const images = [0, 1, 2].map((index) => imageAttachment("no image", paramAt(index)));
  await expect(createTestReader({ maxImageParts: 2 })(...images)).rejects.toMatchObject({
    param: paramAt(2),
    message: `${paramAt(2)}: a request can have at most 2 images, PDF pages included`,
  });
  const files = [0, 1].map((index) => fileAttachment("no file!", undefined, paramAt(index)));
  await expect(createTestReader({ maxFileParts: 1 })(...files)).rejects.toMatchObject({
    param: paramAt(1),
    message: `${paramAt(1)}: a request can have at most 1 files`,
  });
  const addresses = [
    imageAttachment(dataUrl("", png), paramAt(0)),
    imageAttachment("https://example.com/a", paramAt(1)),
  ];
  await expect(createTestReader({ maxUrlParts: 0 })(...addresses)).rejects.toMatchObject({
    param: paramAt(1),
    message: `${paramAt(1)}: a request can have at most 0 http(s) URLs; send data: URLs`,
  });
});

test("images sent as files count as images", async () => {
  const images = [
    imageAttachment(dataUrl("", png)),
    fileAttachment(dataUrl("", png), "a.png", "messages[1].content[0]"),
  ];
  await expect(createTestReader({ maxImageParts: 1 })(...images)).rejects.toMatchObject({
    message: "messages[1].content[0]: a request can have at most 1 images, PDF pages included",
  });
});

test("the first rejected attachment stops reading the others", async () => {
  const slow = fileAttachment(dataUrl("application/pdf", createBombPdf(300_000_000)));
  const invalidImage = imageAttachment("no image", "messages[1].content[0]");
  const startedAt = Date.now();
  await expect(createTestReader()(slow, invalidImage)).rejects.toMatchObject({ param: invalidImage.param });
  expect(Date.now() - startedAt).toBeLessThan(9_000);
});

describe("a media type that is not on the list is rejected with the list's name", () => {
  const rules = {
    images: { allowedMimes: ["image/jpeg"] },
    files: { allowedMimes: ["text/csv", "application/pdf"] },
  };
  const notListed = (kind: "images" | "files", type: string): string =>
    `${type} is not in ${place}.${kind}.allowedMimes`;
  const page = Buffer.from("<!doctype html><p>hi").toString("base64");
  const cases: readonly Case[] = [
    {
      name: "an image",
      part: imageAttachment(dataUrl("image/png", png)),
      rule: notListed("images", "image/png"),
      rules,
    },
    {
      name: "an image as a file",
      part: fileAttachment(dataUrl("image/png", png)),
      rule: notListed("images", "image/png"),
      rules,
    },
    {
      name: "text of no declared type",
      part: fileAttachment(Buffer.from("some text").toString("base64")),
      rule: notListed("files", "text/plain"),
      rules,
    },
    {
      name: "text of another type",
      part: fileAttachment({ base64: "aGk=", mediaType: "text/markdown; charset=utf-8" }),
      rule: notListed("files", "text/markdown"),
      rules,
    },
    {
      name: "a page of no declared type",
      part: fileAttachment(page),
      rule: notListed("files", "text/html"),
      rules,
    },
    {
      name: "a PDF",
      part: fileAttachment(`data:text/csv;base64,${Buffer.from(createTextPdf(["page"])).toString("base64")}`),
      rule: notListed("files", "application/pdf"),
      rules: { files: { allowedMimes: ["text/csv"] } },
    },
  ];
  test.each(cases)("$name", (each) => expectRejection("unsupported_value", each));

  test("and what is on it is accepted", async () => {
    const csv = fileAttachment({ base64: Buffer.from("a,b").toString("base64"), mediaType: "Text/CSV" });
    expect(await createTestReader(rules)(csv)).toHaveLength(1);
  });
});
