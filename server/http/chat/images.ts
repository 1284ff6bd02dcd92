/** Pictures in a request: data URLs, told by their bytes, within the limits. */
import { Buffer } from "node:buffer";
import type { ImagePart } from "../../agent/types.ts";
import { GatewayError } from "../../errors.ts";

export interface ImageLimits {
  readonly maxParts: number;
  readonly maxBytes: number;
  readonly maxTotalBytes: number;
}

/** Reads one picture; `param` names its part. Throws a 400 that names the part and the rule. */
export type ReadImage = (url: string, detail: ImagePart["detail"], param: string) => ImagePart;

/** A reader for one request: the limits hold for all its pictures together. */
export function createImageReader(limits: ImageLimits): ReadImage {
  let count = 0;
  let total = 0;
  return (url, detail, param) => {
    const refuse = (rule: string): GatewayError =>
      new GatewayError("unsupported_value", `${param}: ${rule}`, { param });
    const data = /^data:[^,]*;base64,([A-Za-z0-9+/]+={0,2})$/i.exec(url)?.[1];
    if (data === undefined)
      throw refuse("expected an image as a data URL in base64; addresses are not fetched");
    const size = Buffer.byteLength(data, "base64");
    count += 1;
    total += size;
    if (count > limits.maxParts) throw refuse(`a request may hold ${limits.maxParts} images`);
    if (size > limits.maxBytes)
      throw refuse(`an image may have ${limits.maxBytes} bytes, this one has ${size}`);
    if (total > limits.maxTotalBytes)
      throw refuse(`the images of a request may have ${limits.maxTotalBytes} bytes together`);
    const mediaType = imageType(Buffer.from(data.slice(0, 32), "base64"));
    if (mediaType === undefined) throw refuse("the bytes are not a PNG, JPEG, GIF or WebP image");
    return { type: "image", mediaType, data, detail };
  };
}

/** By the first bytes, whatever the sender says. */
function imageType(head: Buffer): string | undefined {
  const text = head.toString("latin1");
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(text)) return "image/gif";
  if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) return "image/webp";
  return undefined;
}
