/** Reads a JSON body within its limits: type, size, depth, number of values. Time is the listener's business. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { GatewayError } from "../errors.ts";
import { checkComplexity, type JsonLimits } from "../json-limits.ts";

/** Throws `unsupported_media_type` unless the body is declared as JSON. */
export function checkContentType(request: IncomingMessage): void {
  const type = request.headers["content-type"];
  if (type !== undefined && /^application\/json *(;|$)/i.test(type)) return;
  throw new GatewayError(
    "unsupported_media_type",
    `The body must be sent as "Content-Type: application/json"; this one came ${type === undefined ? "without a type" : `as "${type.slice(0, 100)}"`}.`,
  );
}

/** The parsed body. What cannot be read, parsed or afforded is an error that says why. */
export async function readJson(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
  limits: JsonLimits,
): Promise<unknown> {
  return parseJson(decode(await readBytes(request, response, maxBytes)), limits);
}

/** `what` the text is, for people. */
export function parseJson(text: string, limits: JsonLimits, what = "body"): unknown {
  const value = parse(text, what);
  checkComplexity(value, limits);
  return value;
}

async function readBytes(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
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
  if (request.headers.expect !== undefined) response.writeContinue();
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (done: () => void): void => {
      request.off("data", onData).off("end", onEnd).off("error", onError).off("close", onError);
      done();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxBytes) settle(() => reject(tooLarge()));
      else chunks.push(chunk);
    };
    const onEnd = (): void =>
      settle(() => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    const onError = (): void =>
      settle(() =>
        reject(
          new GatewayError("request_timeout", "The connection was closed before the body was complete."),
        ),
      );
    request.on("data", onData).on("end", onEnd).on("error", onError).on("close", onError);
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

function parse(text: string, what: string): unknown {
  if (text.trim() === "") throw new GatewayError("invalid_json", `The ${what} is empty; send a JSON object.`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The engine says where: a position, or a few characters around the place.
    const reason = (cause as SyntaxError).message.replace(/ (is not valid|in) JSON/, "");
    throw new GatewayError("invalid_json", `The ${what} is not JSON: ${reason}.`);
  }
}
