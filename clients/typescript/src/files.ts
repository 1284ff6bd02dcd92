/** Files: upload, list, retrieve, download and delete. */
import type { ApiPromise, WithRequestId } from "./api-promise.ts";
import type { CallOptions } from "./call-options.ts";
import type { ClientOptions } from "./client-options.ts";
import { requestPages, type PagePromise } from "./pages.ts";
import type { FileDeleted, FileList, FileObject, FilePurpose } from "./schemas.ts";
import { createTransport, type Transport } from "./transport.ts";

export interface FileUpload {
  /** The content: a `File`, or a `Blob` without a name. */
  readonly file: Blob;
  /** Its name. Default: that of a `File`. */
  readonly filename?: string | undefined;
  readonly purpose: FilePurpose;
  /** Seconds until it expires, 3600–2592000. Default: as the gateway is configured. */
  readonly expiresAfterSeconds?: number | undefined;
}

export interface ListFilesOptions extends CallOptions {
  /** Lists only files of this purpose. */
  readonly purpose?: string | undefined;
  /** `asc`: oldest first. `desc`: newest first. Default: `desc`. */
  readonly order?: "asc" | "desc" | undefined;
  /** Starts the list after the file with this id. */
  readonly after?: string | undefined;
  /** Files per request, 1–10000. Default: 10000. */
  readonly limit?: number | undefined;
}

export interface Files {
  /**
   * Upload a file.
   *
   * Stores a file of the credential. Messages of chat completions, responses, conversations and Anthropic's
   * API name it by its id. Equal contents are stored once. A file that is too large, or more than a
   * credential may store, is 413; while the disk is full it is 503, and nothing is stored.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.files.enabled` is true.
   * @see POST /v1/files
   */
  create(upload: FileUpload, options?: CallOptions): ApiPromise<FileObject & WithRequestId>;
  /**
   * List files.
   *
   * Lists the files of the credential. The next page starts `after` the `last_id` of this one.
   *
   * Needs the scope `operator.read` or `run`.
   *
   * On when `gateway.http.endpoints.files.enabled` is true.
   * @see GET /v1/files
   */
  list(options?: ListFilesOptions): PagePromise<FileList, FileObject>;
  /**
   * Retrieve a file.
   *
   * Returns what is known of a file, without its content.
   *
   * Needs the scope `operator.read` or `run`.
   *
   * On when `gateway.http.endpoints.files.enabled` is true.
   * @see GET /v1/files/{file_id}
   */
  retrieve(id: string, options?: CallOptions): ApiPromise<FileObject & WithRequestId>;
  /**
   * Retrieve the content of a file.
   *
   * Returns the bytes of a file, as an attachment of no type: a browser runs none of it.
   *
   * Needs the scope `operator.read` or `run`.
   *
   * On when `gateway.http.endpoints.files.enabled` is true.
   * @see GET /v1/files/{file_id}/content
   */
  content(id: string, options?: CallOptions): Promise<Response>;
  /**
   * Delete a file.
   *
   * Deletes a file. Conversations and sessions keep what they have read of it.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.files.enabled` is true.
   * @see DELETE /v1/files/{file_id}
   */
  delete(id: string, options?: CallOptions): ApiPromise<FileDeleted & WithRequestId>;
}

/** Files alone, for small bundles. */
export function createFiles(options: ClientOptions = {}): Files {
  return bindFiles(createTransport(options));
}

export function bindFiles({ read, run, openRead }: Transport): Files {
  return {
    create: ({ file, filename, purpose, expiresAfterSeconds }, options = {}) => {
      const form = new FormData();
      form.set("purpose", purpose);
      if (expiresAfterSeconds !== undefined) {
        form.set("expires_after[anchor]", "created_at");
        form.set("expires_after[seconds]", String(expiresAfterSeconds));
      }
      if (filename === undefined) form.set("file", file);
      else form.set("file", file, filename);
      return run("post", "/v1/files", { form }, options);
    },
    list: ({ purpose, order, after, limit, ...options } = {}) =>
      requestPages<FileList, FileObject, string>({
        request: (cursor = after, finish) =>
          read("get", "/v1/files", { query: { purpose, order, after: cursor, limit } }, options, finish),
        getItems: ({ data }) => data,
        getNextCursor: ({ has_more: hasMore, last_id: lastId }) => (hasMore ? lastId : null),
      }),
    retrieve: (id, options = {}) => read("get", "/v1/files/{file_id}", { path: { file_id: id } }, options),
    content: (id, options = {}) =>
      openRead("get", "/v1/files/{file_id}/content", { path: { file_id: id } }, options),
    delete: (id, options = {}) => run("delete", "/v1/files/{file_id}", { path: { file_id: id } }, options),
  };
}
