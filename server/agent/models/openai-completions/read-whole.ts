/** An unstreamed answer: one JSON body, as the same events. */
import type { ModelEvent } from "../../types.ts";
import { protocolFault, providerError, type Upstream } from "../faults.ts";
import { completionReader } from "./read-completion.ts";
import type { AnswerReader } from "./reader.ts";

const maxBytes = 16 * 1024 * 1024;

export function wholeReader(upstream: Upstream): AnswerReader {
  const received: Uint8Array[] = [];
  let size = 0;
  const failure = (what: string): readonly ModelEvent[] => [
    { type: "error", error: protocolFault(upstream, what) },
  ];

  return {
    read(bytes) {
      size += bytes.length;
      if (size > maxBytes) return failure("sent a reply of more than 16 MiB");
      received.push(bytes);
      return [];
    },
    end() {
      let reply: unknown;
      try {
        reply = JSON.parse(new TextDecoder().decode(Buffer.concat(received)));
      } catch {
        return failure("sent a reply that is not JSON");
      }
      const said = providerError(reply, upstream);
      if (said !== undefined) return failure(`sent an error as a success: ${said.message}`);
      const completion = completionReader(upstream);
      const events: ModelEvent[] = [];
      if (!completion.read(reply, events) || !completion.finished()) {
        return failure("sent a reply that is no chat completion");
      }
      return [...events, completion.end()];
    },
    done: () => false,
    finished: () => false,
  };
}
