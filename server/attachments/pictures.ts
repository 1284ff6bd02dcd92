/** Pictures as models are shown them: told by their bytes, within what a request may hold. */
import { Buffer } from "node:buffer";
import type { ImagePart } from "../agent/types.ts";
import { isPicture } from "../documents/sniff.ts";
import { unsupported, type Attachment } from "./attachment.ts";
import type { TakePicture } from "./budget.ts";
import type { Source } from "./source.ts";

/** @param type what the bytes say */
export function readPicture(
  attachment: Attachment,
  { bytes, base64 }: Source,
  type: string | undefined,
  take: TakePicture,
): ImagePart {
  if (type === "application/pdf") throw unsupported(attachment, "this is a PDF; send it as a file part");
  if (!isPicture(type)) {
    const found = type === undefined ? "" : ` but ${type}`;
    throw unsupported(attachment, `the bytes are not a PNG, JPEG, GIF or WebP image${found}`);
  }
  take(attachment, bytes.length);
  return {
    type: "image",
    mediaType: type,
    data: base64 ?? Buffer.from(bytes).toString("base64"),
    detail: attachment.detail,
  };
}
