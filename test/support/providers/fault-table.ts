/** The faults of model providers and the error that the caller gets, one row per fault. */
import type { ErrorCode } from "../../../contracts/errors.ts";
import {
  completionChunk,
  closeConnection,
  flushHeaders,
  waitForResume,
  jsonResponse,
  resetConnection,
  sseFrames,
  stall,
  sseResponse,
  type ScriptedResponse,
  type ResponseStep,
} from "./scripted-provider.ts";
import { wireFormats, type WireFormat } from "./wire-formats.ts";

export const keys = { a: "canary-key-of-a-5d1c", b: "canary-key-of-b-77e0" } as const;

export interface Fault {
  readonly fault: string;
  /** The responses of the failing provider, one per attempt, by mode where they differ. Absent when it cannot be reached. */
  readonly responses?:
    | readonly ScriptedResponse[]
    | { readonly stream: readonly ScriptedResponse[]; readonly unstreamed: readonly ScriptedResponse[] };
  /** The only mode in which it can happen; both by default. */
  readonly onlyMode?: "stream" | "whole";
  /** Replaces the address of the scripted provider. */
  readonly address?: "http://127.0.0.1:1/v1" | "http://nobody.invalid/v1" | "https on its plain port";
  readonly timeouts?: { readonly firstByteMs?: number; readonly silenceMs?: number } | undefined;
  /** The status for the caller when there is no fallback. */
  readonly status: 400 | 429 | 502 | 504;
  readonly code: ErrorCode;
  /** Part of the message, for messages of the provider. */
  readonly message?: string;
  readonly retryAfter?: string;
  /** `x-should-retry`, for statuses that an SDK retries by itself. */
  readonly shouldRetry?: "true" | "false";
  /** False when every provider would reject the request. */
  readonly hasFallback: boolean;
  /** Requests to the provider in one run. */
  readonly attempts: 0 | 1 | 2;
}

/** Some providers repeat the API key in their messages. */
const providerMessage = `Theirs. (key ${keys.a})`;
const redactedMessage = "Theirs. (key [secret])";

const partialBody = '{"id":"chatcmpl-1","choices":[{"index":0,"message":{"role":"assistant","content":"one';
const jsonSteps = (...steps: readonly ResponseStep[]): ScriptedResponse => ({
  headers: { "content-type": "application/json" },
  steps,
});

const unreachableError = {
  status: 502,
  code: "upstream_unreachable",
  shouldRetry: "true",
  hasFallback: true,
  attempts: 0,
} as const;
const authError = {
  status: 502,
  code: "upstream_auth",
  shouldRetry: "false",
  hasFallback: true,
  attempts: 1,
} as const;
const rateLimitError = {
  status: 429,
  code: "rate_limit_exceeded",
  shouldRetry: "true",
  hasFallback: true,
  attempts: 1,
} as const;
const rejectedError = { status: 400, code: "upstream_rejected", hasFallback: false, attempts: 1 } as const;
const contextLengthError = {
  status: 400,
  code: "context_length_exceeded",
  hasFallback: false,
  attempts: 1,
} as const;
const upstreamError = {
  status: 502,
  code: "upstream_error",
  shouldRetry: "true",
  hasFallback: true,
  attempts: 2,
} as const;
const timeoutError = {
  status: 504,
  code: "upstream_timeout",
  shouldRetry: "true",
  hasFallback: true,
  attempts: 1,
} as const;
const protocolError = {
  status: 502,
  code: "upstream_protocol",
  shouldRetry: "true",
  hasFallback: true,
  attempts: 1,
} as const;

const failedEnd = (reason: string): readonly ScriptedResponse[] => [
  sseResponse(sseFrames(completionChunk({}, reason))),
];
const choiceError = (code: number): readonly ScriptedResponse[] => [
  jsonResponse({ choices: [{ error: { code, message: "Theirs." }, finish_reason: "error" }] }),
];
// prettier-ignore
const completionsFaults: readonly Fault[] = [
  { fault: "an error 429 in the choice", responses: choiceError(429), ...rateLimitError },
  { fault: "an error 502 in the choice", responses: [...choiceError(502), ...choiceError(502)], ...upstreamError },
  { fault: "a finish reason that is a failure", responses: [...failedEnd("network_error"), ...failedEnd("network_error")], ...upstreamError, message: "network_error" },
  { fault: "another finish reason that is a failure", responses: [...failedEnd("insufficient_system_resource"), ...failedEnd("insufficient_system_resource")], ...upstreamError },
];

/** Errors with a status of success that carry a status or code of their own. */
function ownErrorFaults({ ownErrors, contextLengthBody }: WireFormat): readonly Fault[] {
  const { rateLimit, credential, badRequest, overload } = ownErrors;
  // prettier-ignore
  return [
    { fault: "an error 429 in a body with 200", responses: [jsonResponse(rateLimit)], ...rateLimitError },
    { fault: "an error 429 as an event", responses: [sseResponse(`data: ${JSON.stringify(rateLimit)}\n\n`)], ...rateLimitError },
    { fault: "an error 401 in a body with 200", responses: [jsonResponse(credential)], ...authError },
    { fault: "an error 400 in a body with 200", responses: [jsonResponse(badRequest)], ...rejectedError, message: "Theirs." },
    { fault: "an error 503 in a body with 200", responses: [jsonResponse(overload), jsonResponse(overload)], ...upstreamError },
    { fault: "a context that is too long in a body with 200", responses: [jsonResponse(contextLengthBody)], ...contextLengthError, message: "4096 tokens" },
    { fault: "a list of errors in a body with 200", responses: [jsonResponse([rateLimit])], ...rateLimitError },
  ];
}

/** Faults before the first content reaches the caller. For unstreamed replies that is every fault. */
function earlyFaults(format: WireFormat): readonly Fault[] {
  const { hasUnstreamedReplies } = format;
  const errorResponse = (status: number, headers = {}): ScriptedResponse =>
    jsonResponse(format.errorBody(providerMessage), status, headers);
  /** Providers that always stream send a stream for an unstreamed reply too. */
  const byMode = (stream: ScriptedResponse, unstreamed: ScriptedResponse): NonNullable<Fault["responses"]> =>
    hasUnstreamedReplies ? { stream: [stream], unstreamed: [unstreamed] } : [stream];
  const streamOnly = hasUnstreamedReplies ? ({ onlyMode: "stream" } as const) : {};
  const errorReply = jsonResponse(format.errorBody(providerMessage));
  /** The errors of Gemini and Anthropic name their status, which counts more than that of the response. */
  const namesStatus = format.api === "google-generative-ai" || format.api === "anthropic-messages";
  const repliedError = namesStatus ? upstreamError : protocolError;
  const errorEventResponse = sseResponse(format.encodeErrorEvent(providerMessage));
  // prettier-ignore
  return [
    { fault: "connection refused", address: "http://127.0.0.1:1/v1", ...unreachableError },
    { fault: "a host that has no address", address: "http://nobody.invalid/v1", ...unreachableError },
    { fault: "TLS to a plain port", address: "https on its plain port", ...unreachableError },
    { fault: "closed by FIN before the answer", responses: [{ steps: [closeConnection] }], ...unreachableError, attempts: 1 },
    { fault: "closed by RST before the answer", responses: [{ steps: [resetConnection] }], ...unreachableError, attempts: 1 },

    { fault: "401", responses: [errorResponse(401)], ...authError },
    { fault: "403", responses: [errorResponse(403)], ...authError },
    { fault: "429", responses: [errorResponse(429)], ...rateLimitError },
    { fault: "429 with Retry-After", responses: [errorResponse(429, { "retry-after": "7" })], ...rateLimitError, retryAfter: "7" },
    { fault: "400", responses: [errorResponse(400)], ...rejectedError, message: redactedMessage },
    { fault: "404", responses: [errorResponse(404)], ...rejectedError, message: redactedMessage },
    { fault: "a context that is too long", responses: [jsonResponse(format.contextLengthBody, 400)], ...contextLengthError, message: "4096 tokens" },
    { fault: "500", responses: [errorResponse(500), errorResponse(500)], ...upstreamError },
    { fault: "503 with Retry-After", responses: [errorResponse(503), errorResponse(503, { "retry-after": "9" })], ...upstreamError, retryAfter: "9" },
    { fault: "529", responses: [errorResponse(529), errorResponse(529)], ...upstreamError },

    { fault: "no answer", responses: [{ steps: [stall] }], timeouts: { firstByteMs: 150 }, ...timeoutError },
    { fault: "headers alone", responses: byMode(sseResponse(flushHeaders, stall), jsonSteps(flushHeaders, stall)),
      timeouts: { firstByteMs: 300 }, ...timeoutError },
    { fault: "silence after the first byte", responses: byMode(sseResponse(": busy\n\n", stall), jsonSteps(partialBody, stall)),
      timeouts: { silenceMs: 150 }, ...timeoutError },

    { fault: "an event or a body that is not JSON", responses: byMode(sseResponse("data: {oops}\n\n"), jsonSteps("{oops}")), ...protocolError },
    { fault: "a page of HTML with 200", responses: [{ headers: { "content-type": "text/html" }, steps: ["<html>Sign in"] }], ...protocolError },
    { fault: "an error as JSON with 200", responses: [errorReply, errorReply], ...repliedError, message: redactedMessage },
    { fault: "JSON that is no answer", responses: [jsonResponse({ ok: true })], ...protocolError },
    { fault: "cut by FIN within the body", responses: byMode(sseResponse(": busy\n\n", closeConnection), jsonSteps(partialBody, closeConnection)), ...protocolError },
    { fault: "cut by RST within the body",
      responses: byMode(sseResponse(": busy\n\n", { waitMs: 100 }, resetConnection), jsonSteps(partialBody, { waitMs: 100 }, resetConnection)), ...protocolError },
    ...ownErrorFaults(format),
    ...(format.api === "openai-completions" ? completionsFaults : []),
    { fault: "a stream that says nothing", responses: [sseResponse(format.emptyStream)], ...streamOnly, ...protocolError },
    { fault: "an event of 2 MiB", responses: [sseResponse(format.startText(largeText))], ...streamOnly, ...protocolError },
    { fault: "an error in place of an event", responses: [errorEventResponse, errorEventResponse], ...streamOnly, ...upstreamError, message: redactedMessage },
    { fault: "a context that is too long, as an event", responses: [sseResponse(format.contextLengthEvent)],
      ...streamOnly, ...contextLengthError, message: "4096 tokens" },
    ...(hasUnstreamedReplies ? [] : lateFaults(format).map(toEarlyFault)),
  ];
}

/** A fault after the first text of a stream still comes before an unstreamed reply. */
function toEarlyFault({ fault, responses, code, ...row }: LateFault): Fault {
  const pause: ResponseStep = { waitMs: 50 };
  const steppedResponses = responses.map(({ steps, ...response }) => ({
    ...response,
    steps: [...steps].map((step) => (step === waitForResume ? pause : step)),
  }));
  const expectedError =
    [timeoutError, protocolError, upstreamError, contextLengthError].find(
      (outcome) => outcome.code === code,
    ) ?? protocolError;
  return {
    fault: `${fault}, after some text`,
    onlyMode: "whole",
    responses: [...steppedResponses, ...steppedResponses],
    ...expectedError,
    ...row,
  };
}

export interface FaultCase extends Fault {
  readonly format: WireFormat;
  readonly stream: boolean;
  readonly mode: "streamed" | "whole";
}

/** Returns each early fault of each API in each mode in which it can happen. */
export function earlyFaultCases(): readonly FaultCase[] {
  return wireFormats.flatMap((format) =>
    earlyFaults(format).flatMap((row) => [
      ...(row.onlyMode === "whole" ? [] : [{ ...row, format, stream: true, mode: "streamed" as const }]),
      ...(row.onlyMode === "stream" ? [] : [{ ...row, format, stream: false, mode: "whole" as const }]),
    ]),
  );
}

const largeText = "x".repeat(2 * 1024 * 1024);
/** The text that reaches the caller before a late fault. */
export const firstText = "one ";

export interface LateFault {
  readonly fault: string;
  readonly responses: readonly ScriptedResponse[];
  readonly timeouts?: Fault["timeouts"];
  readonly code: ErrorCode;
  readonly message?: string;
}

/** Faults after the first content. Sent content cannot be taken back, so there is no retry and no fallback. */
export function lateFaults(format: WireFormat): readonly LateFault[] {
  /** The caller receives the first text before the rest is sent. */
  const afterFirstText = (...rest: readonly ResponseStep[]): readonly ScriptedResponse[] => [
    sseResponse(format.startText(firstText), waitForResume, ...rest),
  ];
  const unknownEvent = format.unknownEvent;
  // prettier-ignore
  return [
    { fault: "silence", responses: afterFirstText(stall), timeouts: { silenceMs: 400 }, code: "upstream_timeout" },
    { fault: "an event that is not JSON", responses: afterFirstText("data: {oops}\n\n"), code: "upstream_protocol" },
    ...(unknownEvent === undefined ? [] : [{ fault: "an event of another API", responses: afterFirstText(unknownEvent), code: "upstream_protocol" as const }]),
    { fault: "an event of 2 MiB", responses: afterFirstText(format.continueText(largeText)), code: "upstream_protocol" },
    { fault: "an error in place of an event", responses: afterFirstText(format.encodeErrorEvent(providerMessage)), code: "upstream_error", message: redactedMessage },
    { fault: "a context that is too long", responses: afterFirstText(format.contextLengthEvent), code: "context_length_exceeded", message: "4096 tokens" },
    { fault: "an end that reports a failure", responses: afterFirstText(format.failureEnding), code: "upstream_error" },
    { fault: "an end without a finish reason", responses: afterFirstText(), code: "upstream_protocol" },
    { fault: "an event cut in the middle", responses: afterFirstText(format.continueText("two").slice(0, 30), closeConnection), code: "upstream_protocol" },
    { fault: "a cut by FIN", responses: afterFirstText(closeConnection), code: "upstream_protocol" },
    { fault: "a cut by RST", responses: afterFirstText(resetConnection), code: "upstream_protocol" },
  ];
}
