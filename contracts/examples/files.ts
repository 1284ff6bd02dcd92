/** Examples of files. */
import { examplesFor, type EarlierRequest } from "../endpoint.ts";
import { createFile, deleteFile, listFiles, retrieveFile, retrieveFileContent } from "../http/files.ts";

const content = "The harbor opens at nine.";

const note = {
  id: "file-1",
  object: "file",
  bytes: 25,
  created_at: 1767225600,
  expires_at: 1769817600,
  filename: "note.txt",
  purpose: "user_data",
  status: "processed",
} as const;

const noteForm = { file: { filename: "note.txt", content }, purpose: "user_data" } as const;

/** Stores `note`. */
const upload: EarlierRequest = {
  method: "post",
  path: "/v1/files",
  bodyType: "multipart/form-data",
  body: noteForm,
};

const unknownFile = {
  title: "A file that does not exist",
  request: { params: { file_id: "file-none" } },
  error: { code: "file_not_found", message: 'There is no file "file-none".', param: "file_id" },
} as const;

export const fileCreation = examplesFor(createFile, [
  { title: "A note", request: { body: noteForm }, reply: note },
  {
    title: "A file that expires after an hour",
    request: { body: { ...noteForm, expires_after: { anchor: "created_at", seconds: 3_600 } } },
    reply: { ...note, expires_at: 1767229200 },
  },
  {
    title: "No file",
    request: {
      // @ts-expect-error The contract requires it.
      body: { purpose: "user_data" },
    },
    error: { code: "missing_required_parameter", message: "file: is required", param: "file" },
  },
]);

export const fileList = examplesFor(listFiles, [
  {
    title: "No files yet",
    request: {},
    reply: { object: "list", data: [], first_id: null, last_id: null, has_more: false },
  },
  {
    title: "The notes",
    before: [upload],
    request: { query: { purpose: "user_data", limit: 10 } },
    reply: { object: "list", data: [note], first_id: note.id, last_id: note.id, has_more: false },
  },
]);

export const oneFile = examplesFor(retrieveFile, [
  { title: "A stored file", before: [upload], request: { params: { file_id: note.id } }, reply: note },
  unknownFile,
]);

export const fileContent = examplesFor(retrieveFileContent, [
  {
    title: "The content of a stored file",
    before: [upload],
    request: { params: { file_id: note.id } },
    replyHeaders: { "content-disposition": "attachment; filename*=UTF-8''note.txt" },
    reply: content,
  },
  unknownFile,
]);

export const fileDeletion = examplesFor(deleteFile, [
  {
    title: "Delete a file",
    before: [upload],
    request: { params: { file_id: note.id } },
    reply: { id: note.id, object: "file", deleted: true },
  },
  unknownFile,
]);
