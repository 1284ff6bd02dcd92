/** /v1/files: stores files, which messages name by their ids. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import type { FormFile } from "../form.ts";
import { limits, longText, queryInteger, shortText } from "../limits.ts";
import { fileLinks } from "./links.ts";

const enabledBy = ["gateway.http.endpoints.files.enabled"] as const;

/** Files in a page. OpenAI has the same limit. */
export const filePage = { max: 10_000, default: 10_000 } as const;

/** Seconds that a file may be kept. OpenAI has the same limits. */
const fileLifetime = { min: 3_600, max: 2_592_000 } as const;

/** What the gateway has received of a file. */
export interface ReceivedFile {
  readonly filename: string;
  readonly bytes: number;
  /** SHA-256 of the content, in hexadecimal digits. */
  readonly hash: string;
  /** Where the content is until it is kept. */
  readonly place: string;
}

const params = z.object({
  file_id: shortText().describe(
    "Id of the file. One that does not exist, has expired, was deleted or belongs to another credential is 404 `file_not_found`.",
  ),
});

const FileObject = z
  .object({
    id: shortText().describe("Its id, `file-…`."),
    object: z.literal("file").describe("Always `file`."),
    bytes: z.int().min(0).describe("Size of the content."),
    created_at: z.int().describe("Unix time in seconds of its creation."),
    expires_at: z.int().describe("Unix time in seconds from which it is not found."),
    filename: shortText().describe("Its name, without folders."),
    purpose: shortText().describe("As in the request."),
    status: z.literal("processed").describe("Always `processed`."),
  })
  .meta({ id: "FileObject", description: "A stored file." });

const purposes = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"] as const;

/** Bytes, which the transport receives before a form is validated. Examples have them as a `FormFile`. */
const UploadedFile = z
  .custom((file) => file !== undefined)
  .meta({
    type: "string",
    // `maxLength` counts characters, and the code that openapi-generator for Go generates for it does not compile.
    format: "binary",
    description: "The file, with its name. `gateway.http.endpoints.files.maxBytes` limits its size.",
  }) as z.ZodType<ReceivedFile, FormFile>;

export const createFile = endpoint({
  id: "createFile",
  method: "post",
  path: "/v1/files",
  tag: "Files",
  summary: "Upload a file",
  description:
    "Stores a file of the credential. Messages of chat completions, responses, conversations and Anthropic's API name it by its id. Equal contents are stored once. A file that is too large, or more than a credential may store, is 413; while the disk is full it is 503, and nothing is stored.",
  auth: "run",
  enabledBy,
  bodyType: "multipart/form-data",
  body: z
    .object({
      file: UploadedFile,
      purpose: z
        .enum(purposes)
        .meta({ id: "FilePurpose", description: "What the file is for." })
        .describe("What the file is for. Any purpose may be used in any message."),
      expires_after: z
        .object({
          anchor: z.literal("created_at").describe("Always `created_at`."),
          seconds: queryInteger(z.int().min(fileLifetime.min).max(fileLifetime.max)).describe(
            `Seconds until it expires, ${fileLifetime.min}–${fileLifetime.max}.`,
          ),
        })
        .meta({ id: "FileExpiry", description: "When a file expires." })
        .optional()
        .describe(
          "When it expires, as the fields `expires_after[anchor]` and `expires_after[seconds]`, or as a field of JSON. Default: after `gateway.http.endpoints.files.expiresAfter`.",
        ),
    })
    .meta({ id: "FileCreateRequest", description: "A file to store. The fields may have any order." }),
  bodyLimit: "gateway.http.endpoints.files.maxBytes",
  responses: { 200: FileObject },
  links: fileLinks,
  errors: ["storage_unavailable"],
});

export const listFiles = endpoint({
  id: "listFiles",
  method: "get",
  path: "/v1/files",
  tag: "Files",
  summary: "List files",
  description: "Lists the files of the credential. The next page starts `after` the `last_id` of this one.",
  auth: "follow",
  enabledBy,
  query: z.object({
    purpose: shortText().optional().describe("Only files of this purpose."),
    limit: queryInteger(z.int().min(1).max(filePage.max))
      .optional()
      .describe(`Files in a page, 1–${filePage.max}. Default: ${filePage.default}.`),
    order: z.enum(["asc", "desc"]).optional().describe("Oldest or newest first. Default: `desc`."),
    after: shortText().optional().describe("Id of the file before the page. An unknown id is 400."),
  }),
  responses: {
    200: z
      .object({
        object: z.literal("list").describe("Always `list`."),
        data: z.array(FileObject).max(filePage.max).describe("The files."),
        first_id: shortText().nullable().describe("Id of the first one; null when there is none."),
        last_id: shortText().nullable().describe("Id of the last one; null when there is none."),
        has_more: z.boolean().describe("Whether there is another page."),
      })
      .meta({ id: "FileList", description: "A page of files." }),
  },
  errors: ["storage_unavailable"],
});

export const retrieveFile = endpoint({
  id: "retrieveFile",
  method: "get",
  path: "/v1/files/{file_id}",
  tag: "Files",
  summary: "Retrieve a file",
  description: "Returns what is known of a file, without its content.",
  auth: "follow",
  enabledBy,
  params,
  responses: { 200: FileObject },
  links: fileLinks,
  errors: ["file_not_found", "storage_unavailable"],
});

export const retrieveFileContent = endpoint({
  id: "retrieveFileContent",
  method: "get",
  path: "/v1/files/{file_id}/content",
  tag: "Files",
  summary: "Retrieve the content of a file",
  description: "Returns the bytes of a file, as an attachment of no type: a browser runs none of it.",
  auth: "follow",
  enabledBy,
  params,
  responses: {
    200: {
      description: "The bytes.",
      type: "application/octet-stream",
      body: longText().meta({ format: "binary" }),
    },
  },
  replyHeaders: z.object({
    "content-disposition": z
      .string()
      .max(limits.text)
      .optional()
      .describe("`attachment`, with the name of the file."),
  }),
  errors: ["file_not_found", "storage_unavailable"],
});

export const deleteFile = endpoint({
  id: "deleteFile",
  method: "delete",
  path: "/v1/files/{file_id}",
  tag: "Files",
  summary: "Delete a file",
  description: "Deletes a file. Conversations and sessions keep what they have read of it.",
  auth: "run",
  enabledBy,
  params,
  responses: {
    200: z
      .object({
        id: shortText().describe("Id of the file."),
        object: z.literal("file").describe("Always `file`."),
        deleted: z.literal(true).describe("Always true."),
      })
      .meta({ id: "FileDeleted", description: "The file is deleted." }),
  },
  errors: ["file_not_found", "storage_unavailable"],
});
