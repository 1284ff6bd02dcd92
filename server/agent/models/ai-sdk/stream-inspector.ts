/** Inspects a provider's event stream before the package reads it: size, JSON, errors, completeness. */
import { createParser } from "eventsource-parser";
import type { GatewayError } from "../../../lib/errors.ts";
import {
  createProtocolError,
  parseProviderError,
  toStreamedError,
  type Upstream,
} from "../provider-errors.ts";
import { tryParseJson } from "../untrusted-json.ts";
import type { Api } from "./api.ts";

export interface StreamInspector {
  /** Returns the first error in the bytes so far. Events before the error are still valid. */
  inspect(bytes: Uint8Array): GatewayError | undefined;
  /** Whether the last event completes the reply and lacks only its blank line. Call it at the end of the stream. */
  isCompleteAtEnd(): boolean;
  readonly isComplete: () => boolean;
  /** Whether the rest of the stream can be ignored. */
  readonly isDone: () => boolean;
  /** Whether an event is over the limit, so that these bytes must not reach the package. */
  readonly isTooLarge: () => boolean;
}

const maxEventCharacters = 1024 * 1024;

export function createStreamInspector(api: Api, upstream: Upstream): StreamInspector {
  const decoder = new TextDecoder();
  let streamError: GatewayError | undefined;
  let completion: "no" | "yes" | "last" = "no";
  let isTooLarge = false;

  function rejectSize(): void {
    isTooLarge = true;
    streamError ??= createProtocolError(upstream, "sent an event of more than 1 MiB");
  }
  const parser = createParser({
    maxBufferSize: maxEventCharacters,
    onError(error) {
      if (error.type === "max-buffer-size-exceeded") rejectSize();
    },
    onEvent({ data }) {
      if (streamError !== undefined || completion === "last" || data === "" || data === "[DONE]") return;
      if (data.length > maxEventCharacters) return rejectSize();
      const event = tryParseJson(data);
      if (event === undefined) {
        streamError = createProtocolError(upstream, "sent an event that is not JSON");
        return;
      }
      const wireError = parseProviderError(api.findError(event), upstream);
      if (wireError !== undefined) streamError = toStreamedError(wireError, upstream);
      const eventCompletion = api.checkCompletion(event);
      if (eventCompletion !== "no") completion = eventCompletion;
    },
  });

  return {
    inspect(bytes) {
      parser.feed(decoder.decode(bytes, { stream: true }));
      return streamError;
    },
    isCompleteAtEnd() {
      parser.feed(`${decoder.decode()}\n\n`);
      return streamError === undefined && completion !== "no";
    },
    isComplete: () => completion !== "no",
    isDone: () => completion === "last",
    isTooLarge: () => isTooLarge,
  };
}
