/** What can go wrong with a model provider, and what the caller is then told: one row a fault, of every kind of provider. */
import type { ErrorCode } from "../../contracts/errors.ts";
import {
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
import { wireFormats, type WireFormat } from "./wire-formats.ts";

export const keys = { a: "canary-key-of-a-5d1c", b: "canary-key-of-b-77e0" } as const;

export interface Fault {
  readonly fault: string;
  /** What the failing provider answers, try by try; by what was asked for where that matters. Absent: it is not there. */
  readonly plays?:
    readonly Answer[] | { readonly stream: readonly Answer[]; readonly whole: readonly Answer[] };
  /** The door through which it can happen; both without. */
  readonly only?: "stream" | "whole";
  /** Where the provider is, in place of the scripted one. */
  readonly at?: "http://127.0.0.1:1/v1" | "http://nobody.invalid/v1" | "https on its plain port";
  readonly timeouts?: { readonly firstByteMs?: number; readonly silenceMs?: number } | undefined;
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
const theirs = `Theirs. (key ${keys.a})`;
const theirsShown = "Theirs. (key [secret])";

const partOfReply = '{"id":"chatcmpl-1","choices":[{"index":0,"message":{"role":"assistant","content":"one';
const wholeJson = (...steps: readonly Step[]): Answer => ({
  headers: { "content-type": "application/json" },
  steps,
});

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

/** Faults that come before the first content has reached the caller; of a whole reply, all of them. */
function earlyFaults(format: WireFormat): readonly Fault[] {
  const { asksWhole } = format;
  const says = (status: number, headers = {}): Answer => json(format.error(theirs), status, headers);
  /** Of a provider that streams whatever is asked for, the whole reply is a stream as well. */
  const either = (stream: Answer, whole: Answer): NonNullable<Fault["plays"]> =>
    asksWhole ? { stream: [stream], whole: [whole] } : [stream];
  const inStreams = asksWhole ? ({ only: "stream" } as const) : {};
  const errorEvent = streamed(format.errorEvent(theirs));
  // prettier-ignore
  return [
    { fault: "connection refused", at: "http://127.0.0.1:1/v1", ...unreachable },
    { fault: "a host that has no address", at: "http://nobody.invalid/v1", ...unreachable },
    { fault: "TLS to a plain port", at: "https on its plain port", ...unreachable },
    { fault: "closed by FIN before the answer", plays: [{ steps: [cut] }], ...unreachable, tries: 1 },
    { fault: "closed by RST before the answer", plays: [{ steps: [reset] }], ...unreachable, tries: 1 },

    { fault: "401", plays: [says(401)], ...auth },
    { fault: "403", plays: [says(403)], ...auth },
    { fault: "429", plays: [says(429)], ...limited },
    { fault: "429 with Retry-After", plays: [says(429, { "retry-after": "7" })], ...limited, retryAfter: "7" },
    { fault: "400", plays: [says(400)], ...rejected, says: theirsShown },
    { fault: "404", plays: [says(404)], ...rejected, says: theirsShown },
    { fault: "a context that is too long", plays: [json(format.tooLong, 400)], ...context, says: "4096 tokens" },
    { fault: "500", plays: [says(500), says(500)], ...failed },
    { fault: "503 with Retry-After", plays: [says(503), says(503, { "retry-after": "9" })], ...failed, retryAfter: "9" },
    { fault: "529", plays: [says(529), says(529)], ...failed },

    { fault: "no answer", plays: [{ steps: [stall] }], timeouts: { firstByteMs: 150 }, ...silent },
    { fault: "headers alone", plays: either(streamed(flushHeaders, stall), wholeJson(flushHeaders, stall)),
      timeouts: { firstByteMs: 150 }, ...silent },
    { fault: "silence after the first byte", plays: either(streamed(": busy\n\n", stall), wholeJson(partOfReply, stall)),
      timeouts: { silenceMs: 150 }, ...silent },

    { fault: "an event or a body that is not JSON", plays: either(streamed("data: {oops}\n\n"), wholeJson("{oops}")), ...broken },
    { fault: "a page of HTML with 200", plays: [{ headers: { "content-type": "text/html" }, steps: ["<html>Sign in"] }], ...broken },
    { fault: "an error as JSON with 200", plays: [json(format.error(theirs))], ...broken, says: theirsShown },
    { fault: "JSON that is no answer", plays: [json({ ok: true })], ...broken },
    { fault: "cut by FIN within the body", plays: either(streamed(": busy\n\n", cut), wholeJson(partOfReply, cut)), ...broken },
    { fault: "cut by RST within the body",
      plays: either(streamed(": busy\n\n", { waitMs: 100 }, reset), wholeJson(partOfReply, { waitMs: 100 }, reset)), ...broken },
    { fault: "a stream that says nothing", plays: [streamed(format.emptyStream)], ...inStreams, ...broken },
    { fault: "an event of 2 MiB", plays: [streamed(format.text(large))], ...inStreams, ...broken },
    { fault: "an error in place of an event", plays: [errorEvent, errorEvent], ...inStreams, ...failed, says: theirsShown },
    { fault: "a context that is too long, told in place of an event", plays: [streamed(format.tooLongEvent)],
      ...inStreams, ...context, says: "4096 tokens" },
    ...(asksWhole ? [] : lateFaults(format).map(beforeAnybodyLooks)),
  ];
}

/** What comes after the first text of a stream still comes before a whole reply. */
function beforeAnybodyLooks({ fault, plays, code, ...row }: LateFault): Fault {
  const pause: Step = { waitMs: 50 };
  const answers = plays.map(({ steps, ...answer }) => ({
    ...answer,
    steps: [...steps].map((step) => (step === hold ? pause : step)),
  }));
  const told = [silent, broken, failed, context].find((outcome) => outcome.code === code) ?? broken;
  return {
    fault: `${fault}, after some text`,
    only: "whole",
    plays: [...answers, ...answers],
    ...told,
    ...row,
  };
}

export interface Cell extends Fault {
  readonly format: WireFormat;
  readonly stream: boolean;
  readonly door: "streamed" | "whole";
}

/** Each early fault of each kind of provider through each door that it can come through. */
export function earlyCells(): readonly Cell[] {
  return wireFormats.flatMap((format) =>
    earlyFaults(format).flatMap((row) => [
      ...(row.only === "whole" ? [] : [{ ...row, format, stream: true, door: "streamed" as const }]),
      ...(row.only === "stream" ? [] : [{ ...row, format, stream: false, door: "whole" as const }]),
    ]),
  );
}

const large = "x".repeat(2 * 1024 * 1024);
/** What has reached the caller before a late fault. */
export const shown = "one ";

export interface LateFault {
  readonly fault: string;
  readonly plays: readonly Answer[];
  readonly timeouts?: Fault["timeouts"];
  readonly code: ErrorCode;
  readonly says?: string;
}

/** Faults after the first content: nothing can be taken back, so no other try and no other provider. */
export function lateFaults(format: WireFormat): readonly LateFault[] {
  /** The caller has seen the opening before the rest is sent. */
  const then = (...rest: readonly Step[]): readonly Answer[] => [streamed(format.text(shown), hold, ...rest)];
  const foreign = format.foreignEvent;
  // prettier-ignore
  return [
    { fault: "silence", plays: then(stall), timeouts: { silenceMs: 400 }, code: "upstream_timeout" },
    { fault: "an event that is not JSON", plays: then("data: {oops}\n\n"), code: "upstream_protocol" },
    ...(foreign === undefined ? [] : [{ fault: "an event of another API", plays: then(foreign), code: "upstream_protocol" as const }]),
    { fault: "an event of 2 MiB", plays: then(format.moreText(large)), code: "upstream_protocol" },
    { fault: "an error in place of an event", plays: then(format.errorEvent(theirs)), code: "upstream_error", says: theirsShown },
    { fault: "a context that is too long", plays: then(format.tooLongEvent), code: "context_length_exceeded", says: "4096 tokens" },
    { fault: "an end that tells of a failure", plays: then(format.failedEnding), code: "upstream_error" },
    { fault: "[DONE] without a finish reason", plays: then("data: [DONE]\n\n"), code: "upstream_protocol" },
    { fault: "an end without a finish reason", plays: then(), code: "upstream_protocol" },
    { fault: "an event cut in the middle", plays: then(format.moreText("two").slice(0, 30), cut), code: "upstream_protocol" },
    { fault: "a cut by FIN", plays: then(cut), code: "upstream_protocol" },
    { fault: "a cut by RST", plays: then(reset), code: "upstream_protocol" },
  ];
}
