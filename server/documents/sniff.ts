/** What a file is, told by its bytes, whatever its sender says. */
import { Buffer } from "node:buffer";

const pictures = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;
export type PictureType = (typeof pictures)[number];

/** Enough to tell every format; what comes later is not worth parsing before it is known. */
const headBytes = 65_536;

/** The media type; undefined for text, and for what nobody knows. */
export async function sniff(bytes: Uint8Array): Promise<string | undefined> {
  const picture = pictureType(bytes);
  if (picture !== undefined) return picture;
  const { fileTypeFromBuffer } = await import("file-type");
  return (await fileTypeFromBuffer(bytes.subarray(0, headBytes)))?.mime;
}

/** By how it begins: whether the rest is whole is for whoever looks at it. */
function pictureType(bytes: Uint8Array): PictureType | undefined {
  const start = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (start.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(start)) return "image/gif";
  if (start.startsWith("RIFF") && start.startsWith("WEBP", 8)) return "image/webp";
  return undefined;
}

/** Whether models can be shown it. */
export function isPicture(mediaType: string | undefined): mediaType is PictureType {
  return pictures.some((picture) => picture === mediaType);
}

/** Whether a server that calls something this may mean what is read here; the bytes tell later. */
export function mayBeRead(mediaType: string): boolean {
  return !/^(audio|font|model|video)\//.test(mediaType);
}
