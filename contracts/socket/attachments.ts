/** Attachments of a message: images and documents. */
import { z } from "zod";
import { longText, shortText } from "../limits.ts";
import { params } from "./fields.ts";

const Attachment = params({
  type: z
    .enum(["image", "file"])
    .optional()
    .describe(
      "`image`: the content must be an image. `file`: the content may be any supported type. Default: from `mimeType`.",
    ),
  mimeType: shortText()
    .optional()
    .describe("Declared media type, for example `image/png`. The type is detected from the bytes."),
  fileName: shortText().optional().describe("File name. The agent receives the name of a document."),
  content: longText().min(1).describe("The bytes in base64, or as a data URL. URLs are not fetched."),
}).meta({ id: "RunAttachment", description: "An image or a document." });

export const attachments = z
  .array(Attachment)
  .max(100)
  .describe(
    "Images (PNG, JPEG, GIF, WebP) and documents (text, Markdown, HTML, CSV, JSON, PDF) of the message. They are read before the first response. `gateway.http.endpoints.chatCompletions` limits their number, size and pages.",
  );
