/** Minimal images, and data URLs. */
import { Buffer } from "node:buffer";

/** One pixel. */
export const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

/** Only the header that identifies a JPEG. */
export const jpeg = Buffer.from(
  "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9",
  "latin1",
);

export const dataUrl = (mediaType: string, content: string | Buffer): string =>
  `data:${mediaType};base64,${Buffer.from(content as string).toString("base64")}`;
