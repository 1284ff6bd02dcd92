/** Reads a `multipart/form-data` body: a file, which is stored while it arrives, and short fields. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { Busboy } from "@fastify/busboy";
import type { ReceivedFile } from "../../contracts/http/files.ts";
import type { JsonLimits } from "../lib/json-limits.ts";
import { parseJson } from "./body.ts";
import { createEpilogueFilter } from "./drop-epilogue.ts";
import { discardBody } from "./discard-body.ts";
import { GatewayError, toGatewayError } from "../lib/errors.ts";

export interface ReceivedForm {
  /** Fields by name; `a[b]` is the field `b` of `a`. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Removes a file that was not kept. */
  discard(): Promise<void>;
}

interface FormOptions {
  /** Of the fields with the type JSON. */
  readonly limits: JsonLimits;
  readonly maxBytes: number;
  readonly receive: (source: AsyncIterable<Buffer>) => Promise<Omit<ReceivedFile, "filename">>;
  readonly discard: (file: Pick<ReceivedFile, "place">) => Promise<void>;
}

/** Bytes of a body besides the file. */
const overheadBytes = 65_536;
const maxFields = 16;
const maxFieldBytes = 4_096;
const maxNameLength = 255;
const fileField = "file";

const formType = /^multipart\/form-data *;.*?\bboundary=(?:"([^"\\]{1,70})"|([^\s;"]{1,70})) *(?:;|$)/i;

/** Throws `unsupported_media_type` unless the body is a form. */
export function checkFormType(request: IncomingMessage): void {
  readBoundary(request);
}

/** A boundary has 1 to 70 characters (https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1). */
function readBoundary({ headers }: IncomingMessage): string {
  const type = headers["content-type"] ?? "";
  const [, quoted, plain] = formType.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (boundary !== undefined) return boundary;
  throw new GatewayError(
    "unsupported_media_type",
    `The body must be sent as multipart/form-data with a boundary of 1 to 70 characters; it was sent as ${JSON.stringify(type.slice(0, 100))}.`,
  );
}

/** A body that is too large is rejected before it is read to its end. */
export async function receiveForm(
  request: IncomingMessage,
  response: ServerResponse,
  { maxBytes, limits, receive, discard }: FormOptions,
): Promise<ReceivedForm> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes + overheadBytes)
    throw createSizeError(maxBytes);
  const values = new Map<string, unknown>();
  let file: ReceivedFile | undefined;
  let receiving: Promise<void> | undefined;
  let fileStream: Readable | undefined;
  const boundary = readBoundary(request);
  const form = new Busboy({
    headers: { "content-type": `multipart/form-data; boundary="${boundary}"` },
    limits: {
      files: 1,
      fileSize: maxBytes,
      fields: maxFields,
      fieldSize: maxFieldBytes,
      parts: maxFields + 1,
    },
    isPartAFile: (name) => name === fileField,
  });
  const body = createEpilogueFilter(boundary);
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (error: unknown): void => reject(toFormError(error));
      form.on("file", (_name, stream, filename) => {
        fileStream = stream;
        // Its reader sees the error too.
        stream.on("error", () => {});
        stream.on("limit", () => fail(createSizeError(maxBytes)));
        receiving = (async () => {
          file = { ...(await receive(toBuffers(stream))), filename: toFileName(filename) };
        })();
        receiving.catch(fail);
      });
      form.on("field", (name, text, _isNameCut, isCut, _encoding, type) => {
        const field = `field ${JSON.stringify(name.slice(0, 100))}`;
        if (isCut) return fail(createFormError(`the ${field} is too long`));
        // Tools that follow the document send an object as JSON, with its type or without.
        const isJson = type === "application/json" || text.startsWith("{");
        try {
          values.set(name, isJson ? parseJson(text, limits, field) : text);
        } catch (error) {
          fail(error);
        }
      });
      form.on("filesLimit", () => fail(createFormError("it has more than one file")));
      form.on("fieldsLimit", () => fail(createFormError("it has too many fields")));
      form.on("partsLimit", () => fail(createFormError("it has too many parts")));
      form.on("error", fail);
      form.on("finish", () => resolve(receiving));
      request.on("close", () => {
        if (!request.readableEnded)
          reject(
            new GatewayError("request_timeout", "The connection was closed before the body was complete."),
          );
      });
      if (request.headers.expect !== undefined) response.writeContinue();
      request.pipe(body).pipe(form);
    });
  } catch (error) {
    request.unpipe(body);
    request.resume();
    discardBody(response);
    form.destroy();
    fileStream?.destroy(new Error("the form was rejected"));
    await receiving?.catch(() => {});
    if (file !== undefined) await discard(file);
    throw error;
  }
  return {
    values: { ...nestFields(values), ...(file !== undefined && { [fileField]: file }) },
    discard: async () => {
      if (file !== undefined) await discard(file);
    },
  };
}

/** The stream ends with an error when its form does. */
async function* toBuffers(stream: Readable & { readonly truncated?: boolean }): AsyncGenerator<Buffer> {
  for await (const chunk of stream) yield chunk as Buffer;
}

/** A name without folders and control characters. */
function toFileName(name: string | undefined): string {
  const last = basename((name ?? "").replaceAll("\\", "/"));
  // oxlint-disable-next-line no-control-regex -- these are to be removed
  const clean = last.replaceAll(/[\u0000-\u001f\u007f]/g, "").slice(0, maxNameLength);
  return clean === "" || clean === "." || clean === ".." ? "file" : clean;
}

/** `a[b]` → `{ a: { b } }` */
function nestFields(fields: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const nested = new Map<string, unknown>();
  for (const [name, value] of fields) {
    const [, parent, child] = /^(\w+)\[(\w+)\]$/.exec(name) ?? [];
    if (parent === undefined || child === undefined) nested.set(name, value);
    else nested.set(parent, { ...(nested.get(parent) as object | undefined), [child]: value });
  }
  return Object.fromEntries(nested);
}

const createSizeError = (maxBytes: number): GatewayError =>
  new GatewayError(
    "request_too_large",
    `The file is larger than ${maxBytes} bytes, the limit of this endpoint.`,
  );

const createFormError = (reason: string): GatewayError =>
  new GatewayError("invalid_value", `The form cannot be read: ${reason}.`);

const toFormError = (error: unknown): GatewayError =>
  error instanceof GatewayError
    ? error
    : toGatewayError(createFormError(error instanceof Error ? error.message : String(error)));
