/** A streamed answer: server-sent events, one chunk each, `[DONE]` last. */
import { createParser } from "eventsource-parser";
import type { GatewayError } from "../../../errors.ts";
import type { ModelEvent } from "../../types.ts";
import { protocolFault, providerError, streamedFault, type Upstream } from "../faults.ts";
import { completionReader } from "./read-completion.ts";
import type { AnswerReader } from "./reader.ts";
import { createTextTemplate } from "./text-template.ts";

const maxEventCharacters = 1024 * 1024;

export function streamReader(upstream: Upstream): AnswerReader {
  const decoder = new TextDecoder();
  const completion = completionReader(upstream);
  const template = createTextTemplate();
  let events: ModelEvent[] = [];
  let done = false;
  let failed = false;

  function fail(error: GatewayError): void {
    failed = true;
    events.push({ type: "error", error });
  }
  const tooLarge = (): GatewayError => protocolFault(upstream, "sent an event of more than 1 MiB");

  const parser = createParser({
    maxBufferSize: maxEventCharacters,
    onError(error) {
      if (error.type === "max-buffer-size-exceeded" && !failed) fail(tooLarge());
    },
    onEvent({ data }) {
      if (done || failed || data === "") return;
      if (data.startsWith("[DONE]")) done = true;
      else if (data.length > maxEventCharacters) fail(tooLarge());
      else readChunk(data);
    },
  });

  function readChunk(data: string): void {
    const text = template.textOf(data);
    if (text !== undefined) {
      events.push({ type: "text", text });
      return;
    }
    let chunk: unknown;
    try {
      chunk = JSON.parse(data);
    } catch {
      return fail(protocolFault(upstream, "sent an event that is not JSON"));
    }
    const said = providerError(chunk, upstream);
    if (said !== undefined) return fail(streamedFault(said, upstream));
    const before = events.length;
    if (!completion.read(chunk, events)) {
      return fail(protocolFault(upstream, "sent an event that is no chat completion chunk"));
    }
    const [event] = events.slice(before);
    if (event?.type === "text" && events.length === before + 1) template.learn(data, event.text, textAlone);
  }

  /** The text of a chunk that says nothing else. */
  function textAlone(data: string): string | undefined {
    const said: ModelEvent[] = [];
    completionReader(upstream).read(JSON.parse(data), said);
    return said.length === 1 && said[0]?.type === "text" ? said[0].text : undefined;
  }

  return {
    read(bytes) {
      events = [];
      parser.feed(decoder.decode(bytes, { stream: true }));
      return events;
    },
    end() {
      events = [];
      // A last event that lacks only its blank line still counts.
      if (!completion.finished()) parser.feed(`${decoder.decode()}\n\n`);
      if (!failed) events.push(completion.end());
      return events;
    },
    done: () => done,
    finished: completion.finished,
  };
}
