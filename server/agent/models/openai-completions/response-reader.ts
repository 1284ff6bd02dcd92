/** Turns the bytes of a response into model events: of a stream, or of one JSON body. */
import { createParser } from "eventsource-parser";
import type { GatewayError } from "../../../lib/errors.ts";
import type { ModelEvent } from "../../types.ts";
import {
  parseProviderError,
  createProtocolError,
  toStreamedError,
  type Upstream,
} from "../provider-errors.ts";
import { tryParseJson } from "../untrusted-json.ts";
import { createCompletionReader } from "./read-completion.ts";
import { createTextTemplate } from "./text-template.ts";

const maxEventCharacters = 1024 * 1024;
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

/** Reads server-sent events: one chunk each, `[DONE]` last. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function createStreamReader(upstream: Upstream): ResponseReader {
  const decoder = new TextDecoder();
  const completion = createCompletionReader(upstream);
  const template = createTextTemplate();
  let events: ModelEvent[] = [];
  let isDone = false;
  let hasFailed = false;

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
    onEvent({ data }) {
      if (isDone || hasFailed || data === "") return;
      if (data.startsWith("[DONE]")) isDone = true;
      else if (data.length > maxEventCharacters) fail(createTooLargeError());
      else readChunk(data);
    },
  });

  function readChunk(data: string): void {
    const text = template.matchText(data);
    if (text !== undefined) {
      events.push({ type: "text", text });
      return;
    }
    const chunk = tryParseJson(data);
    if (chunk === undefined) return fail(createProtocolError(upstream, "sent an event that is not JSON"));
    const wireError = parseProviderError(chunk, upstream);
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
    createCompletionReader(upstream).read(JSON.parse(data), parsedEvents);
    return parsedEvents.length === 1 && parsedEvents[0]?.type === "text" ? parsedEvents[0].text : undefined;
  }

  return {
    read(bytes) {
      events = [];
      parser.feed(decoder.decode(bytes, { stream: true }));
      return events;
    },
    end() {
      events = [];
      // The last event counts even when its blank line is missing.
      if (!completion.isFinished()) parser.feed(`${decoder.decode()}\n\n`);
      if (!hasFailed) events.push(completion.end());
      return events;
    },
    isDone: () => isDone,
    isComplete: completion.isFinished,
  };
}

/** Reads one JSON body as the same events. */
export function createJsonReader(upstream: Upstream): ResponseReader {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const toErrorEvents = (problem: string): readonly ModelEvent[] => [
    { type: "error", error: createProtocolError(upstream, problem) },
  ];

  return {
    read(bytes) {
      size += bytes.length;
      if (size > maxReplyBytes) return toErrorEvents("sent a reply of more than 16 MiB");
      chunks.push(bytes);
      return [];
    },
    end() {
      const reply = tryParseJson(new TextDecoder().decode(Buffer.concat(chunks)));
      if (reply === undefined) return toErrorEvents("sent a reply that is not JSON");
      const wireError = parseProviderError(reply, upstream);
      if (wireError !== undefined) return toErrorEvents(`sent an error as a success: ${wireError.message}`);
      const completion = createCompletionReader(upstream);
      const events: ModelEvent[] = [];
      if (!completion.read(reply, events) || !completion.isFinished()) {
        return toErrorEvents("sent a reply that is not a chat completion");
      }
      return [...events, completion.end()];
    },
    isDone: () => false,
    isComplete: () => false,
  };
}
