/** Compares an answer with the contract of its endpoint: status, error code, headers, JSON and events. */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import {
  getServedPath,
  describeReply,
  type DeclaredShape,
  type Endpoint,
} from "../../../contracts/endpoint.ts";
import { ErrorBody, WrappedErrorBody } from "../../../contracts/error-body.ts";
import { listErrorResponses, listStandardHeaders } from "../../../contracts/error-responses.ts";
import type { ErrorCode } from "../../../contracts/errors.ts";
import { JsonRpcErrorBody } from "../../../contracts/http/mcp/json-rpc.ts";
import { MessagesErrorBody } from "../../../contracts/http/messages/error.ts";
import { endpoints } from "../../../contracts/index.ts";
import { browserHeaders, streamHeaders } from "../../../contracts/response-headers.ts";
import type { RecordedAnswer } from "./answer-recorder.ts";

/** Sent when the time is known. */
const optionalHeaders: readonly string[] = ["retry-after", "retry-after-ms"];

/** Headers that belong to HTTP and CORS, not to an operation. */
const transportHeaders: ReadonlySet<string> = new Set([
  "content-type",
  "content-length",
  "connection",
  "vary",
  "access-control-allow-origin",
  "access-control-expose-headers",
  "strict-transport-security",
  ...Object.keys(browserHeaders),
]);

/** Codes of errors without an operation. */
const codesWithoutOperation: readonly ErrorCode[] = ["not_found", "method_not_allowed", "endpoint_disabled"];

/** Frames of one stream that are compared with the contract. */
const maxFrames = 500;

/** Returns what the answer has and the contract does not declare, or the other way round. */
export function findUndeclared(answer: RecordedAnswer): readonly string[] {
  const subject = `${answer.method} ${answer.path} → ${answer.status}`;
  return [...compare(answer)].map((finding) => `${subject}: ${finding}`);
}

function* compare(answer: RecordedAnswer): Generator<string> {
  const { method, path, status } = answer;
  const found = findEndpoints(path);
  // Nothing is at a path that is only probed.
  const candidates = method === "HEAD" || found.some((each) => each.method !== "head") ? found : [];
  const wanted = method === "HEAD" ? ["head", "get"] : [method.toLowerCase()];
  const endpoint = candidates.find((candidate) => wanted.includes(candidate.method));
  if (endpoint === undefined) {
    if (method === "OPTIONS" && status === 204) return;
    const allowed = status === 405 ? ["allow"] : [];
    const { errorShape: declaredShape = "negotiated" } = candidates[0] ?? {};
    const negotiatedShape = isAnthropic(answer) ? "anthropic" : "plain";
    const errorShape = declaredShape === "negotiated" ? negotiatedShape : declaredShape;
    const retry = errorShape === "anthropic" ? ["x-should-retry"] : [];
    yield* compareHeaders(answer, [...listStandardHeaders(errorShape), ...retry], allowed);
    yield* compareError(answer, codesWithoutOperation, errorShape);
    return;
  }
  if (status in endpoint.responses) return yield* compareReply(endpoint, answer);
  const declared = listErrorResponses(endpoint).find((each) => each.status === status);
  if (declared === undefined) return yield `the status is not declared: ${answer.body.slice(0, 200)}`;
  const own = declared.hasReplyHeaders ? Object.keys(endpoint.replyHeaders?.shape ?? {}) : [];
  const required = declared.headers.filter((name) => !optionalHeaders.includes(name));
  yield* compareHeaders(answer, required, [...optionalHeaders, ...own]);
  yield* compareError(answer, declared.codes, declared.shape);
}

/** The prefix to which tests move endpoints whose path begins with a setting. */
export const movedPath = "/ui";

/** A parameter of a path matches one segment, or several where its contract says so. A path without parameters comes first. */
function findEndpoints(path: string): readonly Endpoint[] {
  if (!isDecodable(path)) return [];
  const matches = (template: string, parameter: string): boolean =>
    new RegExp(`^${template.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, parameter)}$`).test(path);
  return Object.values<Endpoint>(endpoints)
    .filter((endpoint) =>
      [endpoint.path, ...(endpoint.aliases ?? []), getServedPath(endpoint, () => movedPath)].some((each) =>
        matches(each, endpoint.allowsSlashes === true ? ".+" : "[^/]+"),
      ),
    )
    .toSorted((a, b) => Number(b.path === path) - Number(a.path === path));
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function* compareHeaders(
  { headers }: RecordedAnswer,
  required: readonly string[],
  optional: readonly string[] = [],
): Generator<string> {
  for (const name of [...required, ...Object.keys(browserHeaders)])
    if (headers[name] === undefined) yield `the header ${name} is missing`;
  for (const name of Object.keys(headers))
    if (!transportHeaders.has(name) && !required.includes(name) && !optional.includes(name))
      yield `the header ${name} is not declared`;
}

function* compareError(
  { method, body, isCut }: RecordedAnswer,
  codes: readonly ErrorCode[],
  shape: DeclaredShape,
): Generator<string> {
  if (method === "HEAD" || isCut) return;
  yield* compareJson(errorBodies[shape], body);
  const code = readErrorCode(parseJson(body));
  // MCP's own errors have no code of the gateway.
  if (shape === "json-rpc" && code === undefined) return;
  if (!codes.some((declared) => declared === code)) yield `the error code ${code} is not declared`;
}

const errorBodies = {
  plain: ErrorBody,
  ok: WrappedErrorBody,
  anthropic: MessagesErrorBody,
  negotiated: z.union([ErrorBody, MessagesErrorBody]),
  "json-rpc": JsonRpcErrorBody,
} as const;

/** The code of an error body, in every shape and in the error event of a response. */
function readErrorCode(body: unknown): string | undefined {
  const { code } = (body ?? {}) as { readonly code?: string };
  return (
    code ??
    MessagesErrorBody.safeParse(body).data?.error.details.error_code ??
    JsonRpcErrorBody.safeParse(body).data?.error.data?.code ??
    ErrorBody.safeParse(body).data?.error.code
  );
}

/** An unknown path has the shape of Anthropic's API for its clients. */
const isAnthropic = ({ path, headers }: RecordedAnswer): boolean =>
  /^\/v1\/messages(\/|$)/.test(path) || headers["request-id"] !== undefined;

function* compareReply(endpoint: Endpoint, answer: RecordedAnswer): Generator<string> {
  const { method, status, headers, body, isCut } = answer;
  const reply = describeReply(endpoint.responses[status] ?? z.never());
  const type = String(headers["content-type"]).split(";", 1)[0];
  const isStream = type === "text/event-stream" && endpoint.events !== undefined && status === 200;
  const replyHeaders = endpoint.replyHeaders ?? z.object({});
  yield* compareHeaders(
    answer,
    [...listStandardHeaders(endpoint.errorShape), ...(isStream ? Object.keys(streamHeaders) : [])],
    Object.keys(replyHeaders.shape),
  );
  const wrongHeader = replyHeaders.safeParse(headers).error?.message;
  if (wrongHeader !== undefined) yield `the headers violate the contract: ${wrongHeader}`;
  if (isStream) return method === "HEAD" ? undefined : yield* compareEvents(endpoint, body);
  if (reply.body === undefined) return body === "" ? undefined : yield "the reply has a body";
  const declaredTypes: readonly string[] = [reply.type ?? "application/json", ...(reply.alternatives ?? [])];
  if (!declaredTypes.includes(type ?? ""))
    yield `the content type is ${type}, not one of ${declaredTypes.join(", ")}`;
  if (type === "application/json" && method !== "HEAD" && !isCut) yield* compareJson(reply.body, body);
}

/** A frame that the connection cut is left out. */
function* compareEvents(endpoint: Endpoint, body: string): Generator<string> {
  for (const frame of body.split("\n\n").slice(0, -1).slice(0, maxFrames)) {
    const fields = Object.fromEntries(
      frame.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
    );
    const { data, event } = fields as { data?: string; event?: string };
    if (data === undefined || data === endpoint.sentinel) continue;
    const value = parseJson(data);
    const failure = endpoint.eventNames === undefined ? ErrorBody.safeParse(value).data : undefined;
    if (failure === undefined) yield* compareJson(endpoint.events ?? z.never(), data);
    else yield* compareFailure(endpoint, failure.error.code);
    const { type } = value as { readonly type?: string };
    const name = endpoint.eventNames === "type" ? type : endpoint.eventNames;
    if (event !== name) yield `the event ${name} is named ${event}`;
    if (type === "error" && endpoint.eventNames === "type")
      yield* compareFailure(endpoint, readErrorCode(value));
  }
}

/** After the headers, an error may have any code of the endpoint. */
function* compareFailure(endpoint: Endpoint, code: string | undefined): Generator<string> {
  const codes: readonly string[] = [
    ...listErrorResponses(endpoint).flatMap((each) => each.codes),
    ...(endpoint.eventErrors ?? []),
  ];
  if (code === undefined || !codes.includes(code)) yield `the error code ${code} is not declared`;
}

/** Schemas drop unknown fields: a value that changes has a field too many. */
function* compareJson(schema: z.ZodType, text: string): Generator<string> {
  const value = parseJson(text);
  const { data, error } = schema.safeParse(value);
  if (error !== undefined) yield `the body violates the contract: ${error.message}\n${text.slice(0, 500)}`;
  else if (!isDeepStrictEqual(data, value))
    yield `the body has a field that is not declared: ${text.slice(0, 500)}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
