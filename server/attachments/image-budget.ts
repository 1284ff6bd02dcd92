/** Enforces the limits for all images of one request together. */
import { createUnsupportedError, type Attachment, type AttachmentRules } from "./attachment.ts";

/** Counts one image. Throws when the request exceeds its image count or total bytes. */
export type ChargeImage = (attachment: Attachment, bytes: number) => void;

export function createImageBudget({ maxImageParts, maxTotalImageBytes }: AttachmentRules): ChargeImage {
  let count = 0;
  let total = 0;
  return (attachment, bytes) => {
    count += 1;
    total += bytes;
    if (count > maxImageParts) throw createTooManyImagesError(attachment, maxImageParts);
    if (total > maxTotalImageBytes)
      throw createUnsupportedError(
        attachment,
        `the images of a request can have at most ${maxTotalImageBytes} bytes in total`,
      );
  };
}

export function createTooManyImagesError(attachment: Attachment, max: number): Error {
  return createUnsupportedError(attachment, `a request can have at most ${max} images, PDF pages included`);
}
