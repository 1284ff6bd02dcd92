/**
 * Reads a provider's event stream before the package does, which rejects a whole stream for one event that it does not know:
 * finds errors and the end, and passes on the events that the package can read.
 */
import { createParser } from "eventsource-parser";
import type { GatewayError } from "../../../lib/errors.ts";
import { dropFieldName, isDoneMarker, isKeepAliveText } from "../event-data.ts";
import { createEventSeparator } from "../event-separator.ts";
import { createUtf8Decoder } from "../utf8-decoder.ts";
import {
  createProtocolError,
  parseProviderError,
  toStreamedError,
  type Upstream,
} from "../provider-errors.ts";
import { asFields, tryParseReply } from "../untrusted-json.ts";
import type { Api, Fields } from "./api.ts";

export interface EventFilter {
  /** Returns the events of these bytes as a stream for the package. After an error there are no more. */
  read(bytes: Uint8Array): string;
  /** Returns the last events, at the end of the stream. The last one of an incomplete stream may lack its blank line. */
  end(): string;
  /** The first error of the stream. The events before it are valid. */
  readonly error: () => GatewayError | undefined;
  readonly isComplete: () => boolean;
  /** Whether the rest of the stream can be ignored. */
  readonly isDone: () => boolean;
}

const maxEventCharacters = 1024 * 1024;

export function createEventFilter(api: Api, upstream: Upstream): EventFilter {
  const decoder = createUtf8Decoder();
  const separator = createEventSeparator(maxEventCharacters);
  let output = "";
  let error: GatewayError | undefined;
  let completion: "no" | "yes" | "last" = "no";
  let hasContent = false;
  const reader = api.createEventReader();

  const fail = (problem: string): void => {
    error ??= createProtocolError(upstream, problem);
  };
  const emit = (event: object): void => {
    output += encodeEvent(event);
    if (api.isContent(event)) hasContent = true;
    const eventCompletion = api.checkCompletion(event);
    if (eventCompletion !== "no") completion = eventCompletion;
  };
  const read = (event: Fields): void => reader.read(event).forEach(emit);
  /** A stream with a finish reason is complete, even when no event follows it. */
  const close = (): void => {
    if (completion !== "yes") return;
    if (api.closingEvent !== undefined) read(api.closingEvent);
    completion = "last";
  };
  /** Servers end a stream with `[DONE]` beside the API's own end, or instead of it. */
  const endAtMarker = (): void => {
    if (completion === "no" && hasContent) api.lastEvents.forEach(read);
    close();
  };

  const parser = createParser({
    maxBufferSize: maxEventCharacters,
    onError({ type }) {
      if (type === "max-buffer-size-exceeded") fail("sent an event of more than 1 MiB");
    },
    onEvent(event) {
      const data = dropFieldName(event.data);
      if (error !== undefined || completion === "last" || data === "") return;
      separator.recordEvent();
      if (isDoneMarker(data)) return endAtMarker();
      if (data.length > maxEventCharacters) return fail("sent an event of more than 1 MiB");
      const json = tryParseReply(data);
      if (json === undefined) {
        if (!isKeepAliveText(data)) fail("sent an event that is not JSON");
        return;
      }
      const wireError = parseProviderError(api.findError(json), upstream);
      if (wireError !== undefined) error = toStreamedError(wireError, upstream);
      const fields = asFields(json);
      if (fields !== undefined && error === undefined) read(fields);
    },
  });
  const feed = (text: string): string => {
    output = "";
    parser.feed(text);
    return output;
  };

  return {
    read: (bytes) => feed(separator.push(decoder.decode(bytes))),
    end() {
      if (completion === "no") feed(separator.push(`${decoder.end()}\n\n`) + separator.flush());
      else output = "";
      close();
      return output;
    },
    error: () => error,
    isComplete: () => completion !== "no",
    isDone: () => completion === "last",
  };
}

const dataField = "data: ";

/** Writes an event as a provider sends it. */
export const encodeEvent = (event: object): string => `${dataField}${JSON.stringify(event)}\n\n`;
