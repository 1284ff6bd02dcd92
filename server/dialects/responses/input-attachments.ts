/** Converts the images and files of a request, in all forms that clients send, to attachments. */
import type { MessagePart } from "../../../contracts/http/responses/content.ts";
import type { ImagePart } from "../../agent/types.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { Attachment } from "../../attachments/attachment.ts";

type ImageInput = Extract<MessagePart, { type: "input_image" }>;
type FileInput = Extract<MessagePart, { type: "input_file" }>;

/** Throws a 400 when the part has no source. */
export function toAttachment(part: ImageInput | FileInput, param: string): Attachment {
  const source = readSource(part);
  if (source === undefined) throw createMissingSourceError(part, param);
  const details =
    part.type === "input_image"
      ? { kind: "image" as const, detail: readImageDetail(part.detail) }
      : { kind: "file" as const, filename: part.filename ?? readFilename(part.source) };
  return { type: "attachment", source, param, ...details };
}

function readSource(part: ImageInput | FileInput): Attachment["source"] | undefined {
  const { source } = part;
  if (source?.type === "url") return source.url;
  if (source?.type === "base64") return { base64: source.data, mediaType: source.media_type };
  const value = part.type === "input_image" ? part.image_url : (part.file_data ?? part.file_url);
  if (value) return value;
  return part.file_id ? { fileId: part.file_id } : undefined;
}

const readFilename = (source: FileInput["source"]): string | undefined =>
  source?.type === "base64" ? (source.filename ?? undefined) : undefined;

const readImageDetail = (detail: ImageInput["detail"]): ImagePart["detail"] =>
  detail === "original" ? "high" : (detail ?? undefined);

function createMissingSourceError(part: ImageInput | FileInput, param: string): GatewayError {
  const expected = part.type === "input_image" ? "image_url" : "file_data, file_url";
  return new GatewayError("invalid_value", `${param}: ${expected} or file_id is required`, { param });
}
