/** Reads a JSON body and enforces its content type, size, depth and number of values. The listener enforces the time limit. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { GatewayError } from "../lib/errors.ts";
import type { BodyBudget } from "./body-budget.ts";
import { checkJsonLimits, checkJsonText, type JsonLimits } from "../lib/json-limits.ts";
import { yieldAfterLongText } from "../lib/yield-after-long-text.ts";

/** Throws `unsupported_media_type` unless `Content-Type` is `application/json`. */
export function checkContentType(request: IncomingMessage): void {
  const type = request.headers["content-type"];
  if (type !== undefined && /^application\/json *(;|$)/i.test(type)) return checkCharset(type);
  throw new GatewayError(
    "unsupported_media_type",
    `The body must be sent as "Content-Type: application/json"; it was sent ${type === undefined ? "without a content type" : `as "${type.slice(0, 100)}"`}.`,
  );
}

/** https://www.rfc-editor.org/rfc/rfc8259#section-8.1 */
function checkCharset(type: string): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type)?.[1];
  if (charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset)) return;
  throw new GatewayError(
    "unsupported_media_type",
    `The body must be UTF-8; it was sent as charset=${charset.slice(0, 50)}.`,
  );
}

/** Resolves to the parsed body. Rejects with a `GatewayError` that names the limit or the syntax error. */
export async function readJson(
  request: IncomingMessage,
  response: ServerResponse,
  { maxBytes, limits, budget }: BodyOptions,
): Promise<unknown> {
  const share = budget.open();
  try {
    const text = decode(await readBytes(request, response, maxBytes, share.add));
    const value = parseJson(text, limits);
    const pause = yieldAfterLongText(text);
    if (pause !== undefined) await pause;
    return value;
  } finally {
    share.release();
  }
}

interface BodyOptions {
  readonly maxBytes: number;
  readonly limits: JsonLimits;
  readonly budget: BodyBudget;
}

/** `subject` names the text in error messages. */
export function parseJson(text: string, limits: JsonLimits, subject = "body"): unknown {
  checkJsonText(text, limits);
  const value = parseText(text, subject);
  checkJsonLimits(value, limits);
  return value;
}

async function readBytes(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
  /** Throws to reject the body. */
  count: (bytes: number) => void,
): Promise<Buffer> {
  const tooLarge = (): GatewayError =>
    new GatewayError(
      "request_too_large",
      `The body is larger than ${maxBytes} bytes, the limit of this endpoint.`,
    );
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  if (
    request.headers["content-encoding"] !== undefined &&
    request.headers["content-encoding"] !== "identity"
  ) {
    throw new GatewayError(
      "unsupported_media_type",
      "A compressed body is not accepted; send it without Content-Encoding.",
    );
  }
  const coding = request.headers["transfer-encoding"];
  if (coding !== undefined && coding.trim().toLowerCase() !== "chunked") {
    throw new GatewayError(
      "unsupported_media_type",
      `A body in "Transfer-Encoding: ${coding.slice(0, 50)}" is not accepted; send it chunked or with its length.`,
    );
  }
  if (request.headers.expect !== undefined) response.writeContinue();
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      try {
        if (size > maxBytes) throw tooLarge();
        count(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        request.off("data", onData);
        reject(error);
      }
    };
    request.on("data", onData);
    request.on("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    // A connection that breaks closes the request too.
    request.on("close", () => {
      if (request.readableEnded) return;
      reject(new GatewayError("request_timeout", "The connection was closed before the body was complete."));
    });
  });
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new GatewayError("invalid_json", "The body is not valid UTF-8.", { cause });
  }
}

function parseText(text: string, subject: string): unknown {
  if (text.trim() === "")
    throw new GatewayError("invalid_json", `The ${subject} is empty; send a JSON object.`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    // V8's message includes the position, or a few characters around it.
    const reason = (cause as SyntaxError).message.replace(/ (is not valid|in) JSON/, "");
    throw new GatewayError("invalid_json", `The ${subject} is not JSON: ${reason}.`);
  }
}
