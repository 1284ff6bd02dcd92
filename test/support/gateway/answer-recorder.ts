/** Sees every HTTP answer of a gateway in this process, and reports what differs from the contract. */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { findUndeclared } from "./declared-answer.ts";

export interface RecordedAnswer {
  readonly method: string;
  /** The path without the query. */
  readonly path: string;
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
  /** The body is compressed or longer than what is recorded, or the connection was closed before its end. */
  readonly isCut: boolean;
}

export interface AnswerRecorder {
  /** What the contract does not declare, with the answer that has it. */
  readonly undeclared: readonly string[];
}

/** Characters of a body that are compared with the contract. */
const maxRecorded = 262_144;

const recorders = new Map<number, string[]>();

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: Server;
}

// Node publishes the message before any listener of the server has seen the request.
subscribe("http.server.request.start", (message) => {
  const { request, response, server } = message as Exchange;
  const undeclared = recorders.get((server.address() as AddressInfo | null)?.port ?? 0);
  if (undeclared !== undefined) record(request, response, undeclared);
});

/** Starts to record the answers of the server at this address. */
export function recordAnswers(url: string): AnswerRecorder {
  const undeclared: string[] = [];
  recorders.set(Number(new URL(url).port), undeclared);
  return { undeclared };
}

function record(request: IncomingMessage, response: ServerResponse, undeclared: string[]): void {
  const chunks: string[] = [];
  let length = 0;
  const append = (chunk: unknown): void => {
    if (typeof chunk !== "string" && !Buffer.isBuffer(chunk)) return;
    length += chunk.length;
    if (length <= maxRecorded) chunks.push(chunk.toString());
  };
  for (const name of ["write", "end"] as const) {
    const send = response[name].bind(response) as (...args: unknown[]) => never;
    response[name] = (...args: unknown[]) => {
      append(args[0]);
      return send(...args);
    };
  }
  // `getHeaders` does not have the headers that are written at once.
  let writtenHeaders: OutgoingHttpHeaders = {};
  const writeHead = response.writeHead.bind(response);
  response.writeHead = (status: number, ...rest: unknown[]) => {
    const headers = rest.at(-1);
    if (typeof headers === "object") writtenHeaders = { ...headers };
    return writeHead(status, writtenHeaders);
  };
  response.once("close", () => {
    if (!response.headersSent) return;
    const { method = "", url = "" } = request;
    const headers = { ...response.getHeaders(), ...writtenHeaders };
    const isCompressed = headers["content-encoding"] !== undefined;
    undeclared.push(
      ...findUndeclared({
        method,
        path: readPath(url),
        status: response.statusCode,
        headers,
        body: chunks.join(""),
        isCut: length > maxRecorded || isCompressed || !response.writableFinished,
      }),
    );
  });
}

/** A proxy's request has a whole URL: https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
const readPath = (target: string): string =>
  target.replace(/^https?:\/\/[^/]*/, "").split(/[?#]/, 1)[0] ?? "";
