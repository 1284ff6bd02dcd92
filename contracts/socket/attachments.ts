/** What is said to an agent besides text: pictures and documents, as clients of the socket send them. */
import { z } from "zod";
import { longText, shortText } from "../limits.ts";
import { params } from "./fields.ts";

const Attachment = params({
  type: z
    .enum(["image", "file"])
    .optional()
    .describe(
      "`image`: only a picture will do. `file`: whatever the bytes are. Without it `mimeType` decides.",
    ),
  mimeType: shortText()
    .optional()
    .describe("What you take it for, for instance `image/png`. In the end the bytes decide."),
  fileName: shortText().optional().describe("Its name; the agent is told the one of a document."),
  content: longText().min(1).describe("The bytes in base64, alone or as a data URL. No address is fetched."),
}).meta({ id: "RunAttachment", description: "A picture or a document." });

export const attachments = z
  .array(Attachment)
  .max(100)
  .describe(
    "Pictures (PNG, JPEG, GIF, WebP) and documents (text, Markdown, HTML, CSV, JSON, PDF) that belong to the message. They are read before the first answer, by the rules of `gateway.http.endpoints.chatCompletions`: how many, how large, how many pages.",
  );
