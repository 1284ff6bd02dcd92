/** Looks over a provider's event stream on its way to the package: is it one, how large, does it tell of an error, is it complete? */
import { createParser } from "eventsource-parser";
import type { GatewayError } from "../../../errors.ts";
import { protocolFault, providerError, streamedFault, type Upstream } from "../faults.ts";
import type { Api } from "./api.ts";

export interface StreamCheck {
  /** What is wrong with the bytes. Events before the fault are good all the same. */
  look(bytes: Uint8Array): GatewayError | undefined;
  /** The last event lacks nothing but its blank line, and completes the answer. */
  completesAtEnd(): boolean;
  readonly complete: () => boolean;
  /** Nothing more needs to be read. */
  readonly over: () => boolean;
  /** No event in it can be used, not even in part. */
  readonly tooLarge: () => boolean;
}

const maxEventCharacters = 1024 * 1024;

export function createStreamCheck(api: Api, upstream: Upstream): StreamCheck {
  const decoder = new TextDecoder();
  let fault: GatewayError | undefined;
  let completed: "no" | "yes" | "last" = "no";
  let tooLarge = false;

  function refuseSize(): void {
    tooLarge = true;
    fault ??= protocolFault(upstream, "sent an event of more than 1 MiB");
  }
  const parser = createParser({
    maxBufferSize: maxEventCharacters,
    onError(error) {
      if (error.type === "max-buffer-size-exceeded") refuseSize();
    },
    onEvent({ data }) {
      if (fault !== undefined || completed === "last" || data === "" || data === "[DONE]") return;
      if (data.length > maxEventCharacters) return refuseSize();
      let event: unknown;
      try {
        event = JSON.parse(data);
      } catch {
        fault = protocolFault(upstream, "sent an event that is not JSON");
        return;
      }
      const said = providerError(api.errorIn(event), upstream);
      if (said !== undefined) fault = streamedFault(said, upstream);
      const completes = api.completes(event);
      if (completes !== "no") completed = completes;
    },
  });

  return {
    look(bytes) {
      parser.feed(decoder.decode(bytes, { stream: true }));
      return fault;
    },
    completesAtEnd() {
      parser.feed(`${decoder.decode()}\n\n`);
      return fault === undefined && completed !== "no";
    },
    complete: () => completed !== "no",
    over: () => completed === "last",
    tooLarge: () => tooLarge,
  };
}
