/** A refusal as bytes, where there is no response object to write it with. */
import { errorTable } from "../../contracts/errors.ts";
import type { GatewayError } from "../errors.ts";
import { errorBody, errorHeaders } from "./errors.ts";
import { standardHeaders } from "./standard-headers.ts";

export function rawRefusal(error: GatewayError, requestId: string): string {
  const body = JSON.stringify(errorBody(error));
  const head = [
    `HTTP/1.1 ${errorTable[error.code].status} ${error.code}`,
    ...[...standardHeaders(requestId), ...Object.entries(errorHeaders(error))].map((pair) => pair.join(": ")),
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}
