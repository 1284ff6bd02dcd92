/** Attachments, and a reader of them that parses real documents and fetches nothing. */
import { Config, type ConfigInput } from "../../../contracts/config/config.ts";
import type { Part } from "../../../server/agent/types.ts";
import { createDocuments } from "../../../server/documents/documents.ts";
import type { Attachment } from "../../../server/attachments/attachment.ts";
import { createAttachmentReader } from "../../../server/attachments/read-attachments.ts";

type Endpoints = NonNullable<NonNullable<NonNullable<ConfigInput["gateway"]>["http"]>["endpoints"]>;

export type AttachmentRules = NonNullable<Endpoints["chatCompletions"]> &
  Pick<NonNullable<Endpoints["responses"]>, "maxUrlParts">;

const { signal } = new AbortController();
const documents = createDocuments(() => Promise.resolve(() => {}));

export function createTestReader({ maxUrlParts, ...rules }: AttachmentRules = {}): (
  ...attachments: readonly Attachment[]
) => Promise<readonly (readonly Part[])[]> {
  const config = Config.parse({ gateway: { http: { endpoints: { chatCompletions: rules } } } });
  const read = createAttachmentReader({
    rules: {
      ...config.gateway.http.endpoints.chatCompletions,
      ...(maxUrlParts === undefined ? {} : { maxUrlParts }),
    },
    configPath: "gateway.http.endpoints.chatCompletions",
    fetch: () => Promise.reject(new Error("nothing is fetched here")),
    readStoredFile: () => Promise.reject(new Error("no file is stored here")),
    documents,
    acquire: () => Promise.resolve(() => {}),
  });
  return (...attachments: readonly Attachment[]) => read("operator")(attachments, signal);
}

export const imageAttachment = (
  source: Attachment["source"],
  param = "messages[0].content[0]",
): Attachment => ({
  type: "attachment",
  kind: "image",
  source,
  detail: "low",
  param,
});
export const fileAttachment = (
  source: Attachment["source"],
  filename?: string,
  param = "messages[0].content[0]",
): Attachment => ({
  type: "attachment",
  kind: "file",
  source,
  filename,
  param,
});
