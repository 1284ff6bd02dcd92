/** Text of content parts, for models, clients and pages that take text only. */
import type { TextPart } from "./types.ts";

export interface TextOfPartsOptions<Other> {
  /** Between two parts; a line break by default. */
  readonly separator?: string;
  /** Text in place of an image. By default images are left out, without a separator. */
  readonly image?: (part: Other) => string;
}

/** Joins the text parts of a turn, a message or a tool result. */
export function textOfParts<T extends { readonly type: string }>(
  parts: readonly T[],
  { separator = "\n", image }: TextOfPartsOptions<Exclude<T, TextPart>> = {},
): string {
  return parts
    .flatMap((part) => {
      if (isTextPart(part)) return [part.text];
      return image === undefined ? [] : [image(part as Exclude<T, TextPart>)];
    })
    .join(separator);
}

const isTextPart = (part: { readonly type: string }): part is TextPart => part.type === "text";
