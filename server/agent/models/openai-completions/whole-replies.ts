/** Calls for a whole reply. Servers that only stream are asked again, streamed, and the caller gets the same whole reply. */
import type { Model, ModelEvent, ModelSink } from "../../types.ts";
import { createReplyBuffer } from "../model-middleware.ts";

/** What servers write that reject a call because it is not streamed. */
const demandPatterns: readonly RegExp[] = [
  /\bonly (?:\w+ )?(?:supports? )?(?:\w+ )?stream/i,
  /\bstream(?:ing)?\b\W{0,4}(?:\w+\W{1,2})?(?:is |are )?(?:required|mandatory)\b/i,
  /\brequires? (?:\w+ )?["'`]?stream/i,
  /\bstream["'`]?(?: \w+)? (?:must|should|has to|needs to) be\b/i,
  /\b(?:set|enable|use)\b (?:the )?["'`]?stream/i,
  /\b(?:non-?stream\w*|stream\W{1,4}false)\b.*\b(?:not|un\w+)\b/i,
  /\bfor non-?stream/i,
];

/**
 * `requiresStreaming` is the configured answer. Without one, a server that demands streaming is remembered for this model
 * until the gateway stops.
 */
export function withWholeReplies(model: Model, requiresStreaming: boolean | undefined): Model {
  let mustStream = requiresStreaming === true;
  return async (call, sink, signal) => {
    if (call.stream) return model(call, sink, signal);
    let isRejected = false;
    const emit = bufferReply(sink);
    if (!mustStream) {
      const handle = (event: ModelEvent): void => {
        if (requiresStreaming === undefined && isStreamingDemand(event)) isRejected = true;
        else emit(event);
      };
      await model(call, { ...sink, emit: handle }, signal);
      if (!isRejected) return;
      mustStream = true;
    }
    return model({ ...call, stream: true }, { ...sink, emit }, signal);
  };
}

const isStreamingDemand = (event: ModelEvent): boolean =>
  event.type === "error" &&
  event.error.code === "upstream_rejected" &&
  demandPatterns.some((pattern) => pattern.test(event.error.message));

/** Some servers stream without being asked: what fails midway has no content, so a fallback model can still answer. */
function bufferReply(sink: ModelSink): ModelSink["emit"] {
  const buffer = createReplyBuffer();
  return (event) => {
    for (const each of buffer(event)) sink.emit(each);
  };
}
