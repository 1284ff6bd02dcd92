/** An attachment of a request before it is read, the limits of an endpoint, and the errors for both. */
import type { Config } from "../../contracts/config/config.ts";
import type { ImagePart, Part } from "../agent/types.ts";
import { GatewayError } from "../lib/errors.ts";

export interface Attachment {
  readonly type: "attachment";
  /** What the caller declares it to be; the bytes decide. */
  readonly kind: "image" | "file";
  /** A data URL, an http(s) URL, base64 with a media type, or the id of a stored file. */
  readonly source:
    | string
    | { readonly base64: string; readonly mediaType: string | undefined }
    | { readonly fileId: string };
  readonly filename?: string | undefined;
  readonly detail?: ImagePart["detail"];
  /** Of the last part that it becomes. */
  readonly cacheControl?: ImagePart["cacheControl"];
  /** Its path in the request, for errors. */
  readonly param: string;
}

/** The limits of one endpoint. */
export interface AttachmentRules extends Pick<
  Config["gateway"]["http"]["endpoints"]["chatCompletions"],
  "maxFileParts" | "maxImageParts" | "maxTotalImageBytes" | "images" | "files"
> {
  /** Undefined: no separate limit for http(s) URLs. */
  readonly maxUrlParts?: number;
}

/** Which media types are accepted. */
export interface TypeRules {
  /** Undefined: all. */
  readonly allowedMimes?: readonly string[] | undefined;
  /** Path of the rules in the configuration. */
  readonly configPath: string;
}

/** Resolves to the parts of each attachment, in order. Throws a 400 that names the attachment and the rule. */
export type ReadAttachments = (
  attachments: readonly Attachment[],
  signal: AbortSignal,
) => Promise<readonly (readonly Part[])[]>;

/** Reads attachments for the credential of this name. */
export type ReadAttachmentsOf = (credential: string) => ReadAttachments;

/** Finds a stored file of the credential. Rejects with `file_not_found`. */
export type ReadStoredFile = (
  id: string,
  credential: string,
) => Promise<{ readonly filename: string; readonly size: number; readonly read: () => Promise<Uint8Array> }>;

/** Creates the error for an attachment that is valid but not allowed or not supported. */
export function createUnsupportedError({ param }: Attachment, rule: string): GatewayError {
  return new GatewayError("unsupported_value", `${param}: ${rule}`, { param });
}

/** Throws for a media type that the endpoint does not accept. */
export function requireAllowedType(
  attachment: Attachment,
  mediaType: string,
  { allowedMimes, configPath }: TypeRules,
): void {
  if (allowedMimes?.includes(mediaType) === false)
    throw createUnsupportedError(attachment, `${mediaType} is not in ${configPath}.allowedMimes`);
}

/** Creates the error for a malformed attachment. */
export function createInvalidError({ param }: Attachment, rule: string): GatewayError {
  return new GatewayError("invalid_value", `${param}: ${rule}`, { param });
}
