/** What the pictures of one request may be together. */
import { unsupported, type Attachment, type AttachmentRules } from "./attachment.ts";

/** Throws when this picture is one too many, or too large for what is left. */
export type TakePicture = (attachment: Attachment, bytes: number) => void;

export function createBudget({ maxImageParts, maxTotalImageBytes }: AttachmentRules): TakePicture {
  let count = 0;
  let total = 0;
  return (attachment, bytes) => {
    count += 1;
    total += bytes;
    if (count > maxImageParts) throw tooManyImages(attachment, maxImageParts);
    if (total > maxTotalImageBytes)
      throw unsupported(attachment, `the images of a request may have ${maxTotalImageBytes} bytes together`);
  };
}

export function tooManyImages(attachment: Attachment, most: number): Error {
  return unsupported(attachment, `a request may hold ${most} images, pages of PDFs included`);
}
