/** /v1/files: stores, lists, returns and deletes files. */
import type { ReplyOf } from "../../contracts/endpoint.ts";
import {
  filePage,
  type createFile,
  type deleteFile,
  type listFiles,
  type retrieveFile,
  type retrieveFileContent,
} from "../../contracts/http/files.ts";
import type { FileStore, StoredFile } from "../agent/sessions/files.ts";
import type { Handler } from "./handler.ts";

interface FileDeps {
  readonly files: FileStore;
  readonly expiresAfterMs: number;
  readonly maxTotalBytes: number;
}

interface FileHandlers {
  readonly createFile: Handler<typeof createFile>;
  readonly listFiles: Handler<typeof listFiles>;
  readonly retrieveFile: Handler<typeof retrieveFile>;
  readonly retrieveFileContent: Handler<typeof retrieveFileContent>;
  readonly deleteFile: Handler<typeof deleteFile>;
}

export function createFileHandlers({ files, expiresAfterMs, maxTotalBytes }: FileDeps): FileHandlers {
  return {
    async createFile({ body: { file, purpose, expires_after: expiry }, credential }) {
      const created = await files.create({
        content: file,
        credential: credential.name,
        filename: file.filename,
        purpose,
        expiresAfterMs: expiry ? expiry.seconds * 1000 : expiresAfterMs,
        maxTotalBytes,
      });
      return { reply: toReply(created) };
    },
    async listFiles({ query: { purpose, order = "desc", limit = filePage.default, after }, credential }) {
      const filter = { viewer: credential.name, purpose, order, limit: limit + 1, after };
      const rows = await files.list(filter);
      const data = rows.slice(0, limit).map(toReply);
      return {
        reply: {
          object: "list",
          data,
          first_id: data[0]?.id ?? null,
          last_id: data.at(-1)?.id ?? null,
          has_more: rows.length > limit,
        },
      };
    },
    async retrieveFile({ params, credential }) {
      return { reply: toReply(await files.find(params.file_id, credential.name)) };
    },
    async retrieveFileContent({ params, credential }) {
      const file = await files.find(params.file_id, credential.name);
      const headers = { "content-disposition": createDisposition(file.filename) };
      return { content: await files.open(file), bytes: file.bytes, headers };
    },
    async deleteFile({ params: { file_id: id }, credential }) {
      await files.remove(id, credential.name);
      return { reply: { id, object: "file", deleted: true } };
    },
  };
}

const toReply = (file: StoredFile): ReplyOf<typeof retrieveFile> => ({
  id: file.id,
  object: "file",
  bytes: file.bytes,
  created_at: Math.floor(file.createdAt / 1000),
  expires_at: Math.floor(file.expiresAt / 1000),
  filename: file.filename,
  purpose: file.purpose,
  status: "processed",
});

/** https://www.rfc-editor.org/rfc/rfc6266#section-5 */
function createDisposition(filename: string): string {
  const encoded = encodeURIComponent(filename.toWellFormed()).replaceAll(/['()*]/g, encodeCharacter);
  return `attachment; filename*=UTF-8''${encoded}`;
}

const encodeCharacter = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
