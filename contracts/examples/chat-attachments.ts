/** Chat examples with images and documents: accepted and rejected. */
import type { Example } from "../endpoint.ts";
import type { createChatCompletion } from "../http/chat/endpoint.ts";
import { completion } from "./chat-shapes.ts";
import { ends, says } from "./script.ts";

const tokenUsage = { input: 280, output: 9 } as const;
/** A PNG of one pixel. */
const picture =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
/** CSV: `month,sales` and two rows. */
const table = "data:text/csv;base64,bW9udGgsc2FsZXMKSmFuLDEyCkZlYiwxNQo=";

export const chatAttachments: readonly Example<typeof createChatCompletion>[] = [
  {
    title: "An image and a document",
    request: {
      body: {
        model: "openclaw",
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "Do the picture and the table agree?" },
              { type: "image_url", image_url: { url: picture, detail: "low" } },
              { type: "file", file: { filename: "sales.csv", file_data: table } },
            ],
          },
        ],
      },
    },
    model: [says("They do: "), says("sales rose from 12 to 15."), ends(tokenUsage)],
    reply: completion(tokenUsage, { content: "They do: sales rose from 12 to 15.", refusal: null }),
  },
  {
    title: "A URL that is not fetched",
    replyHeaders: { "x-openclaw-agent-id": "main" },
    request: {
      body: {
        model: "openclaw",
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "What is this?" },
              { type: "image_url", image_url: { url: "https://example.com/picture.png" } },
            ],
          },
        ],
      },
    },
    error: {
      code: "unsupported_value",
      message:
        "messages[0].content[1]: URLs are not fetched; send a data: URL, or set gateway.http.endpoints.chatCompletions.images.allowUrl to true",
      param: "messages[0].content[1]",
    },
  },
  {
    title: "A file that nothing here can read",
    replyHeaders: { "x-openclaw-agent-id": "main" },
    request: {
      body: {
        model: "openclaw",
        messages: [
          {
            role: "user",
            content: [
              { type: "file", file: { filename: "a.zip", file_data: "data:;base64,UEsDBBQAAAAIAA==" } },
            ],
          },
        ],
      },
    },
    error: {
      code: "unsupported_value",
      message: "messages[0].content[0]: the bytes are not UTF-8 text, a PDF or an image but application/zip",
      param: "messages[0].content[0]",
    },
  },
];
