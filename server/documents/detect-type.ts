/** Detects the media type of a file from its bytes. */
import { Buffer } from "node:buffer";

const imageTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;
export type ImageType = (typeof imageTypes)[number];

/** Bytes that are inspected: enough for every known format. */
const headBytes = 65_536;

/** Resolves to the media type; undefined for text and unknown formats. */
export async function detectMediaType(bytes: Uint8Array): Promise<string | undefined> {
  const imageType = detectImageType(bytes);
  if (imageType !== undefined) return imageType;
  const { fileTypeFromBuffer } = await import("file-type");
  return (await fileTypeFromBuffer(bytes.subarray(0, headBytes)))?.mime;
}

/** Checks the signature only, not whether the image is complete. */
function detectImageType(bytes: Uint8Array): ImageType | undefined {
  const start = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (start.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(start)) return "image/gif";
  if (start.startsWith("RIFF") && start.startsWith("WEBP", 8)) return "image/webp";
  return undefined;
}

/** Whether models accept images of this type. */
export function isImageType(mediaType: string | undefined): mediaType is ImageType {
  return imageTypes.some((imageType) => imageType === mediaType);
}

/** Whether a body that a server declares as this type can be a supported file. The bytes decide later. */
export function isReadableType(mediaType: string): boolean {
  return !/^(audio|font|model|video)\//.test(mediaType);
}
