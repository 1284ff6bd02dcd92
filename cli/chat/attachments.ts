/** Reads files as attachments of a message. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { RunParams } from "../../clients/typescript/src/index.ts";

export type Attachment = NonNullable<RunParams["attachments"]>[number];

const image = /\.(?:png|jpe?g|gif|webp)$/i;

/** The gateway detects the media type. Only images and documents are treated differently. */
export function readAttachment(path: string): Attachment {
  try {
    return {
      type: image.test(path) ? "image" : "file",
      fileName: basename(path),
      content: readFileSync(path).toString("base64"),
    };
  } catch (error) {
    throw new Error(`${path} cannot be attached: ${(error as Error).message}`, { cause: error });
  }
}
