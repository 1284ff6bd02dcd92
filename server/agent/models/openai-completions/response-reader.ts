/** Turns the bytes of a response into model events: of a stream, or of one JSON body. */
import { createParser } from "eventsource-parser";
import type { GatewayError } from "../../../lib/errors.ts";
import type { ModelEvent } from "../../types.ts";
import {
  parseProviderError,
  createProtocolError,
  toRepliedError,
  toStreamedError,
  type ProviderError,
  type Upstream,
} from "../provider-errors.ts";
import { asObject, asObjects, tryParseReply } from "../untrusted-json.ts";
import { dropFieldName, isDoneMarker, isKeepAliveText } from "../event-data.ts";
import { createEventSeparator } from "../event-separator.ts";
import { createLineDetector } from "../line-detector.ts";
import { createUtf8Decoder } from "../utf8-decoder.ts";
import { createCompletionReader } from "./read-completion.ts";
import { createTextTemplate } from "./text-template.ts";
import { unwrapCompletion } from "./unwrap-completion.ts";

const maxEventCharacters = 1024 * 1024;
/** A longer event is left to the parser, which joins its parts once. */
const maxHeldCharacters = 4096;
const maxReplyBytes = 16 * 1024 * 1024;

/** Must not be called again after it returned an event of type `error`. */
export interface ResponseReader {
  read(bytes: Uint8Array): readonly ModelEvent[];
  /** Returns the last events, at the end of the body. */
  end(): readonly ModelEvent[];
  /** Whether the rest of the body can be ignored. */
  readonly isDone: () => boolean;
  /** Whether the reply is complete, so that a broken connection is no longer an error. */
  readonly isComplete: () => boolean;
}

/**
 * Reads a body for what it is. Servers label streams as JSON or plain text, and send a stream for a whole reply or a whole
 * reply for a stream. `label` is the content type; it decides only where the first bytes do not.
 */
export function createResponseReader(label: string, upstream: Upstream, model: string): ResponseReader {
  let reader: ResponseReader | undefined;
  let head = "";
  const decoder = createUtf8Decoder();
  const heldBytes: Uint8Array[] = [];

  function selectReader(): ResponseReader | undefined {
    if (/^[{["]/.test(head)) return createJsonReader(upstream, model);
    if (/^(?::|data:|event:|id:|retry:)/.test(head)) return createStreamReader(upstream, model);
    if (head.startsWith("<")) return undefined;
    if (/event-stream/i.test(label)) return createStreamReader(upstream, model);
    return label === "" || /json/i.test(label) ? createJsonReader(upstream, model) : undefined;
  }
  function start(): readonly ModelEvent[] {
    reader = selectReader();
    if (reader !== undefined) return reader.read(join(heldBytes));
    const type = label === "" ? "text" : label.slice(0, maxLabelCharacters);
    const error = createProtocolError(upstream, `answered with ${type} instead of a chat completion`);
    return [{ type: "error", error }];
  }

  return {
    read(bytes) {
      if (reader !== undefined) return reader.read(bytes);
      heldBytes.push(bytes);
      head = (head + decoder.decode(bytes)).trimStart();
      // Blanks keep a connection alive, and belong to nothing. A byte order mark is kept for the reader.
      if (head === "" && (bytes.at(-1) ?? 0) <= space) heldBytes.length = 0;
      const isKnown = /^[{["<]/.test(head) || head.length >= longestFieldLength;
      return isKnown || heldBytes.length > maxHeldReads ? start() : [];
    },
    end() {
      if (reader === undefined) {
        const events = start();
        if (reader === undefined) return events;
      }
      return reader.end();
    },
    isDone: () => reader?.isDone() === true,
    isComplete: () => reader?.isComplete() === true,
  };
}

const utf8 = new TextDecoder();

const join = (chunks: readonly Uint8Array[]): Uint8Array =>
  chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);

/** The length of `event:` and `retry:`. */
const longestFieldLength = 6;
const maxHeldReads = 16;
const maxLabelCharacters = 100;
const space = 0x20;

/** Reads server-sent events: one chunk each, `[DONE]` last. https://html.spec.whatwg.org/multipage/server-sent-events.html */
function createStreamReader(upstream: Upstream, model: string): ResponseReader {
  const decoder = createUtf8Decoder();
  const completion = createCompletionReader(upstream, model);
  const template = createTextTemplate();
  let events: ModelEvent[] = [];
  const separator = createEventSeparator(maxEventCharacters);
  /** The start of an event that can match the template. */
  let heldText = "";
  /** All text that the parser has was in whole events. */
  let isBetweenEvents = true;
  let isDone = false;
  let hasFailed = false;
  let isEnding = false;

  function fail(error: GatewayError): void {
    hasFailed = true;
    events.push({ type: "error", error });
  }
  const createTooLargeError = (): GatewayError =>
    createProtocolError(upstream, "sent an event of more than 1 MiB");

  const parser = createParser({
    maxBufferSize: maxEventCharacters,
    onError(error) {
      if (error.type === "max-buffer-size-exceeded" && !hasFailed) fail(createTooLargeError());
    },
    onEvent({ data: eventData, event }) {
      const data = dropFieldName(eventData);
      if (isDone || hasFailed || data === "") return;
      separator.recordEvent();
      if (isDoneMarker(data)) isDone = true;
      else if (data.length > maxEventCharacters) fail(createTooLargeError());
      else readChunk(data, event);
    },
  });

  function readChunk(data: string, eventName: string | undefined): void {
    const text = template.matchText(data);
    if (text !== undefined) return pushText(text);
    const chunk = tryParseReply(data);
    if (chunk === undefined) {
      if (isKeepAliveText(data) || (isEnding && completion.isFinished())) return;
      return fail(createProtocolError(upstream, "sent an event that is not JSON"));
    }
    const wireError = findError(eventName === "error" ? toErrorBody(chunk) : chunk, upstream);
    if (wireError !== undefined) return fail(toStreamedError(wireError, upstream));
    const eventCount = events.length;
    if (!completion.read(chunk, events)) {
      return fail(createProtocolError(upstream, "sent an event that is not a chat completion chunk"));
    }
    const [event] = events.slice(eventCount);
    if (event?.type === "text" && events.length === eventCount + 1)
      template.learn(data, event.text, readTextOnly);
  }

  /** The text of a chunk that has nothing else in it. */
  function readTextOnly(data: string): string | undefined {
    const parsedEvents: ModelEvent[] = [];
    createCompletionReader(upstream, model).read(JSON.parse(data), parsedEvents);
    return parsedEvents.length === 1 && parsedEvents[0]?.type === "text" ? parsedEvents[0].text : undefined;
  }

  function pushText(text: string): void {
    if (text !== "") events.push({ type: "text", text });
  }

  /** Events that match the template are read here, and those that follow each other are one; the parser reads all others. */
  function readText(text: string): void {
    let position = 0;
    // oxlint-disable-next-line no-unmodified-loop-condition -- what the parser calls modifies them
    while (position < text.length && !isDone && !hasFailed) {
      if (isBetweenEvents && separator.isDone()) {
        const matched = template.matchEvents(text, position);
        position = matched.end;
        pushText(matched.text);
        const rest = text.slice(position, position + maxHeldCharacters);
        if (position + rest.length === text.length && !rest.includes("\n") && template.canMatch(rest)) {
          heldText = rest;
          return;
        }
      }
      const blankLine = text.indexOf("\n\n", position);
      const end = blankLine === -1 ? text.length : blankLine + 2;
      isBetweenEvents = blankLine !== -1;
      parser.feed(separator.push(text.slice(position, end)));
      position = end;
    }
  }

  return {
    read(bytes) {
      events = [];
      const text = heldText + decoder.decode(bytes);
      heldText = "";
      readText(text);
      return events;
    },
    end() {
      events = [];
      // The last event counts even when its blank line is missing. After the finish reason it may also be cut.
      isEnding = true;
      parser.feed(separator.push(`${heldText}${decoder.end()}\n\n`) + separator.flush());
      if (!hasFailed) events.push(...completion.end(isDone));
      return events;
    },
    isDone: () => isDone,
    isComplete: completion.isFinished,
  };
}

/** Reads one JSON body as the same events. A body of several lines, each of them JSON, is a stream. */
function createJsonReader(upstream: Upstream, model: string): ResponseReader {
  const chunks: Uint8Array[] = [];
  const lines = createLineDetector();
  let size = 0;
  let stream: ResponseReader | undefined;
  const toErrorEvents = (problem: string): readonly ModelEvent[] => [
    { type: "error", error: createProtocolError(upstream, problem) },
  ];

  return {
    read(bytes) {
      if (stream !== undefined) return stream.read(bytes);
      size += bytes.length;
      if (size > maxReplyBytes) return toErrorEvents("sent a reply of more than 16 MiB");
      chunks.push(bytes);
      if (!lines.push(bytes)) return [];
      stream = createStreamReader(upstream, model);
      return stream.read(Buffer.concat(chunks));
    },
    end() {
      if (stream !== undefined) return stream.end();
      const reply = tryParseReply(utf8.decode(join(chunks)));
      if (reply === undefined) return toErrorEvents("sent a reply that is not JSON");
      const wireError = findError(reply, upstream);
      if (wireError !== undefined) return [{ type: "error", error: toRepliedError(wireError, upstream) }];
      const completion = createCompletionReader(upstream, model);
      const events: ModelEvent[] = [];
      // A list has the chunks of a stream.
      const parts: readonly unknown[] = Array.isArray(reply) ? reply : [reply];
      if (!parts.every((part) => completion.read(part, events)) || !completion.isFinished()) {
        return toErrorEvents("sent a reply that is not a chat completion");
      }
      return [...events, ...completion.end(false)];
    },
    isDone: () => stream?.isDone() === true,
    isComplete: () => stream?.isComplete() === true,
  };
}

/** The error of a reply or a chunk, which may be that of its choice. */
function findError(json: unknown, upstream: Upstream): ProviderError | undefined {
  const choice = asObjects(asObject<{ readonly choices?: unknown }>(unwrapCompletion(json))?.choices)[0];
  return (
    parseProviderError(json, upstream) ??
    parseProviderError({ error: asObject<{ readonly error?: unknown }>(choice)?.error }, upstream)
  );
}

/** The data of an event named `error` is an error in any shape. */
const toErrorBody = (json: unknown): unknown =>
  asObject<{ readonly error?: unknown }>(json)?.error ? json : { error: json };
