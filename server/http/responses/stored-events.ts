/** The events of a stored response as a stream: those that were told, then those to come. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { ResponseStatus, ResponseStore } from "../../agent/sessions/responses.ts";
import { GatewayError } from "../../errors.ts";
import { typeOfEncoded, type Encoded } from "../encoded.ts";
import { errorEvent } from "./endings.ts";
import type { ToldEvent } from "./teller.ts";

interface StoredStream {
  readonly events: AsyncIterable<ToldEvent>;
  /** What is missing where the stream ends without its end. */
  readonly failure: (error: GatewayError) => readonly ToldEvent[];
}

const endedWell: ReadonlySet<ResponseStatus | undefined> = new Set(["completed", "incomplete"]);
/** Their events say so. */
const endedBadly: ReadonlySet<ResponseStatus | undefined> = new Set(["failed", "cancelled"]);

/** From event `from` on. A response that has failed throws in the end: it is no stream that ended well. */
export function storedStream(
  store: Pick<ResponseStore, "follow" | "get">,
  { id, viewer }: { readonly id: string; readonly viewer: string },
  from: number,
  signal: AbortSignal,
): StoredStream {
  let next = from;
  let status: ResponseStatus | undefined;

  async function* events(): AsyncGenerator<ToldEvent> {
    let last = "";
    for await (const { seq, data } of store.follow(id, from, signal)) {
      next = seq + 1;
      last = typeOfEncoded(data);
      yield data as Encoded<ResponseEvent>;
    }
    if (last === "response.completed" || last === "response.incomplete") return;
    // The gateway stops: how the response ends is told to whoever asks again.
    if (signal.reason instanceof GatewayError) throw signal.reason;
    status = (await store.get(id, viewer))?.status;
    if (!endedWell.has(status))
      throw new GatewayError("run_aborted", "The response was ended before it was complete.");
  }

  return {
    events: events(),
    failure: (error) => (endedBadly.has(status) ? [] : [errorEvent(error, next)]),
  };
}
