/** What can go wrong with a model provider, and what the caller is then told: one row a fault. Data only. */
import type { ErrorCode } from "../../contracts/errors.ts";
import {
  chunk,
  cut,
  flushHeaders,
  hold,
  json,
  reset,
  stall,
  streamed,
  type Answer,
  type Step,
} from "./scripted-provider.ts";

export const keys = { a: "canary-key-of-a-5d1c", b: "canary-key-of-b-77e0" } as const;

export interface Fault {
  readonly fault: string;
  /** What the failing provider answers, try by try; by what was asked for where that matters. Absent: it is not there. */
  readonly plays?:
    readonly Answer[] | { readonly stream: readonly Answer[]; readonly whole: readonly Answer[] };
  /** The doors through which it can happen; both without. */
  readonly only?: "stream";
  /** Where the provider is, in place of the scripted one. */
  readonly at?: "http://127.0.0.1:1/v1" | "http://nobody.invalid/v1" | "https on its plain port";
  readonly timeouts?: { readonly firstByteMs?: number; readonly silenceMs?: number };
  /** What the caller is told when there is no fallback. */
  readonly status: 400 | 429 | 502 | 504;
  readonly code: ErrorCode;
  /** Part of the message, where it is the provider's. */
  readonly says?: string;
  readonly retryAfter?: string;
  /** `x-should-retry`; only where an SDK would retry by itself. */
  readonly retry?: "true" | "false";
  /** False: every provider would refuse it, so no other is asked. */
  readonly fallsBack: boolean;
  /** How often the provider is asked in one run. */
  readonly tries: 0 | 1 | 2;
}

/** Providers repeat the key that they were given. */
const said = (message: string, code: string | null = null): object => ({
  error: { message: `${message} (key ${keys.a})`, type: "t", param: null, code },
});
const says = (status: number, headers = {}): Answer => json(said("Theirs."), status, headers);
const tooLong = said("This model's maximum context length is 4096 tokens.", "context_length_exceeded");

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const partOfReply = '{"id":"chatcmpl-1","choices":[{"index":0,"message":{"role":"assistant","content":"one';
const wholeJson = (...steps: readonly Step[]): Answer => ({
  headers: { "content-type": "application/json" },
  steps,
});
const largeEvent = data(chunk({ content: "x".repeat(2 * 1024 * 1024) }));

const unreachable = {
  status: 502,
  code: "upstream_unreachable",
  retry: "true",
  fallsBack: true,
  tries: 0,
} as const;
const auth = { status: 502, code: "upstream_auth", retry: "false", fallsBack: true, tries: 1 } as const;
const limited = {
  status: 429,
  code: "rate_limit_exceeded",
  retry: "true",
  fallsBack: true,
  tries: 1,
} as const;
const rejected = { status: 400, code: "upstream_rejected", fallsBack: false, tries: 1 } as const;
const context = { status: 400, code: "context_length_exceeded", fallsBack: false, tries: 1 } as const;
const failed = { status: 502, code: "upstream_error", retry: "true", fallsBack: true, tries: 2 } as const;
const silent = { status: 504, code: "upstream_timeout", retry: "true", fallsBack: true, tries: 1 } as const;
const broken = { status: 502, code: "upstream_protocol", retry: "true", fallsBack: true, tries: 1 } as const;
const streamOnly = { only: "stream" } as const;

/** Faults that come before the first content has reached the caller; of a whole reply, all of them. */
// prettier-ignore
const earlyFaults: readonly Fault[] = [
  { fault: "connection refused", at: "http://127.0.0.1:1/v1", ...unreachable },
  { fault: "a host that has no address", at: "http://nobody.invalid/v1", ...unreachable },
  { fault: "TLS to a plain port", at: "https on its plain port", ...unreachable },
  { fault: "closed by FIN before the answer", plays: [{ steps: [cut] }], ...unreachable, tries: 1 },
  { fault: "closed by RST before the answer", plays: [{ steps: [reset] }], ...unreachable, tries: 1 },

  { fault: "401", plays: [says(401)], ...auth },
  { fault: "403", plays: [says(403)], ...auth },
  { fault: "429", plays: [says(429)], ...limited },
  { fault: "429 with Retry-After", plays: [says(429, { "retry-after": "7" })], ...limited, retryAfter: "7" },
  { fault: "400", plays: [says(400)], ...rejected, says: "Theirs. (key [secret])" },
  { fault: "404", plays: [says(404)], ...rejected, says: "Theirs. (key [secret])" },
  { fault: "a context that is too long", plays: [json(tooLong, 400)], ...context, says: "4096 tokens" },
  { fault: "500", plays: [says(500), says(500)], ...failed },
  { fault: "503 with Retry-After", plays: [says(503), says(503, { "retry-after": "9" })], ...failed, retryAfter: "9" },
  { fault: "529", plays: [says(529), says(529)], ...failed },

  { fault: "no answer", plays: [{ steps: [stall] }], timeouts: { firstByteMs: 150 }, ...silent },
  { fault: "headers alone", plays: { stream: [streamed(flushHeaders, stall)], whole: [wholeJson(flushHeaders, stall)] },
    timeouts: { firstByteMs: 150 }, ...silent },
  { fault: "silence after the first byte", plays: { stream: [streamed(": busy\n\n", stall)], whole: [wholeJson(partOfReply, stall)] },
    timeouts: { silenceMs: 150 }, ...silent },

  { fault: "an event or a body that is not JSON", plays: { stream: [streamed("data: {oops}\n\n")], whole: [wholeJson("{oops}")] }, ...broken },
  { fault: "a page of HTML with 200", plays: [{ headers: { "content-type": "text/html" }, steps: ["<html>Sign in"] }], ...broken },
  { fault: "an error as JSON with 200", plays: [json(said("Theirs."))], ...broken, says: "Theirs. (key [secret])" },
  { fault: "JSON that is no completion", plays: [json({ ok: true })], ...broken },
  { fault: "cut by FIN within the body", plays: { stream: [streamed(": busy\n\n", cut)], whole: [wholeJson(partOfReply, cut)] }, ...broken },
  { fault: "cut by RST within the body", plays: { stream: [streamed(": busy\n\n", { waitMs: 100 }, reset)], whole: [wholeJson(partOfReply, { waitMs: 100 }, reset)] }, ...broken },
  { fault: "nothing but [DONE]", plays: [streamed("data: [DONE]\n\n")], ...streamOnly, ...broken },
  { fault: "an event of 2 MiB", plays: [streamed(largeEvent)], ...streamOnly, ...broken },
  { fault: "an error in place of an event", plays: [streamed(data(said("Theirs."))), streamed(data(said("Theirs.")))],
    ...streamOnly, ...failed, says: "Theirs. (key [secret])" },
  { fault: "a context that is too long, told in place of an event", plays: [streamed(data(tooLong))],
    ...streamOnly, ...context, says: "4096 tokens" },
];

export interface Cell extends Fault {
  readonly stream: boolean;
  readonly door: "streamed" | "whole";
}

/** Each early fault through each door that it can come through. */
export function earlyCells(): readonly Cell[] {
  return [
    ...earlyFaults.map((row) => ({ ...row, stream: true, door: "streamed" as const })),
    ...earlyFaults
      .filter(({ only }) => only === undefined)
      .map((row) => ({ ...row, stream: false, door: "whole" as const })),
  ];
}

/** What has reached the caller before a late fault. */
export const shown = "one ";
const opening = data(chunk({ role: "assistant", content: shown }));
/** The caller has seen the opening before the rest is sent. */
const then = (...rest: readonly Step[]): readonly Answer[] => [streamed(opening, hold, ...rest)];

export interface LateFault {
  readonly fault: string;
  readonly plays: readonly Answer[];
  readonly timeouts?: Fault["timeouts"];
  readonly code: ErrorCode;
  readonly says?: string;
}

/** Faults after the first content: nothing can be taken back, so no other try and no other provider. */
// prettier-ignore
export const lateFaults: readonly LateFault[] = [
  { fault: "silence", plays: then(stall), timeouts: { silenceMs: 400 }, code: "upstream_timeout" },
  { fault: "an event that is not JSON", plays: then("data: {oops}\n\n"), code: "upstream_protocol" },
  { fault: "an event that is no chunk", plays: then(data({ type: "ping" })), code: "upstream_protocol" },
  { fault: "an event of 2 MiB", plays: then(largeEvent), code: "upstream_protocol" },
  { fault: "an error in place of an event", plays: then(data(said("Theirs."))), code: "upstream_error", says: "Theirs. (key [secret])" },
  { fault: "a context that is too long", plays: then(data(tooLong)), code: "context_length_exceeded", says: "4096 tokens" },
  { fault: "a finish reason of error", plays: then(data(chunk({}, "error")), "data: [DONE]\n\n"), code: "upstream_error" },
  { fault: "[DONE] without a finish reason", plays: then("data: [DONE]\n\n"), code: "upstream_protocol" },
  { fault: "an end without a finish reason", plays: then(), code: "upstream_protocol" },
  { fault: "an event cut in the middle", plays: then(opening.slice(0, 30), cut), code: "upstream_protocol" },
  { fault: "a cut by FIN", plays: then(cut), code: "upstream_protocol" },
  { fault: "a cut by RST", plays: then(reset), code: "upstream_protocol" },
];
