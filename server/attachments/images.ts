/** Converts an image to a part for the model. The bytes decide its type. */
import { Buffer } from "node:buffer";
import type { ImagePart } from "../agent/types.ts";
import { isImageType } from "../documents/detect-type.ts";
import { createUnsupportedError, requireAllowedType, type Attachment, type TypeRules } from "./attachment.ts";
import type { ChargeImage } from "./image-budget.ts";
import type { AttachmentContent } from "./attachment-source.ts";

export interface ImageDeps extends TypeRules {
  readonly chargeImage: ChargeImage;
}

/** @param type the media type that the bytes have */
export function readImage(
  attachment: Attachment,
  { bytes, base64 }: AttachmentContent,
  type: string | undefined,
  { chargeImage, ...rules }: ImageDeps,
): ImagePart {
  if (type === "application/pdf")
    throw createUnsupportedError(attachment, "this is a PDF; send it as a file part");
  if (!isImageType(type)) {
    const detail = type === undefined ? "" : ` but ${type}`;
    throw createUnsupportedError(attachment, `the bytes are not a PNG, JPEG, GIF or WebP image${detail}`);
  }
  requireAllowedType(attachment, type, rules);
  chargeImage(attachment, bytes.length);
  return {
    type: "image",
    mediaType: type,
    data: base64 ?? Buffer.from(bytes).toString("base64"),
    detail: attachment.detail,
  };
}
