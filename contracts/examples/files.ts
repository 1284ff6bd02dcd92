/** Examples of files. The upload itself is a form, which no example has. */
import { examplesFor } from "../endpoint.ts";
import { deleteFile, listFiles, retrieveFile, retrieveFileContent } from "../http/files.ts";

const unknownFile = {
  title: "A file that does not exist",
  request: { params: { file_id: "file-none" } },
  error: { code: "file_not_found", message: 'There is no file "file-none".', param: "file_id" },
} as const;

export const fileList = examplesFor(listFiles, [
  {
    title: "No files yet",
    request: {},
    reply: { object: "list", data: [], first_id: null, last_id: null, has_more: false },
  },
]);

export const oneFile = examplesFor(retrieveFile, [unknownFile]);
export const fileContent = examplesFor(retrieveFileContent, [unknownFile]);
export const fileDeletion = examplesFor(deleteFile, [unknownFile]);
