/** What a request brings along beside text, before it is read, and how a door has it read. */
import type { Config } from "../../contracts/config/config.ts";
import type { ImagePart, Part } from "../agent/types.ts";
import { GatewayError } from "../errors.ts";

export interface Attachment {
  readonly type: "attachment";
  /** What the sender takes it for. */
  readonly kind: "image" | "file";
  /** A data URL or an http(s) address; base64 alone goes with a media type. */
  readonly source: string | { readonly base64: string; readonly mediaType: string | undefined };
  readonly filename?: string | undefined;
  readonly detail?: ImagePart["detail"];
  /** Its place in the request. */
  readonly param: string;
}

/** What one endpoint allows. */
export interface AttachmentRules extends Pick<
  Config["gateway"]["http"]["endpoints"]["chatCompletions"],
  "maxFileParts" | "maxImageParts" | "maxTotalImageBytes" | "images" | "files"
> {
  /** Undefined: as many as there may be at all. */
  readonly maxUrlParts?: number;
}

/** The parts that each attachment becomes, in their order. Throws a 400 that names one and the rule it breaks. */
export type ReadAttachments = (
  attachments: readonly Attachment[],
  signal: AbortSignal,
) => Promise<readonly (readonly Part[])[]>;

/** It is well formed and not allowed, or not understood, here. */
export function unsupported({ param }: Attachment, rule: string): GatewayError {
  return new GatewayError("unsupported_value", `${param}: ${rule}`, { param });
}

/** It is not what it should be. */
export function invalid({ param }: Attachment, rule: string): GatewayError {
  return new GatewayError("invalid_value", `${param}: ${rule}`, { param });
}
