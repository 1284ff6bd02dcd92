/**
 * Reads the body of a successful response: an event stream, JSON lines, or a whole reply. The first bytes decide, before the
 * content type.
 */
import { createProtocolError, parseProviderError, toRepliedError } from "../provider-errors.ts";
import { asFields, tryParseReply } from "../untrusted-json.ts";
import { encodeEvent } from "./event-filter.ts";
import type { ProviderServer } from "./provider-fetch.ts";

type Chunks = AsyncIterable<Uint8Array>;

const maxReplyBytes = 16 * 1024 * 1024;
/** The length of `event:` and `retry:`. */
const longestFieldLength = 6;
const eventStreamPattern = /^(?::|data:|event:|id:|retry:)/;
const encoder = new TextEncoder();

/** Yields the body as an event stream. Throws for a body without events that is not a reply. */
export async function* readAsEvents(
  chunks: Chunks,
  label: string,
  server: Pick<ProviderServer, "api" | "upstream">,
): AsyncGenerator<Uint8Array, void> {
  const source = chunks[Symbol.asyncIterator]();
  const head = await readHead(source);
  const start = decodeStart(head);
  const rest: Chunks = { [Symbol.asyncIterator]: () => source };
  if (/^[{[]/.test(start)) {
    const text = await readText(head, rest, server);
    yield encoder.encode(toEventStream(text, label, server));
  } else if (eventStreamPattern.test(start) || (/event-stream/i.test(label) && !start.startsWith("<"))) {
    yield Buffer.concat(head);
    yield* rest;
  } else throw createLabelError(label, server);
}

/** Reads until the form of the body is known. */
async function readHead(source: AsyncIterator<Uint8Array>): Promise<Uint8Array[]> {
  const head: Uint8Array[] = [];
  for (;;) {
    const start = decodeStart(head);
    if (/^[{[<]/.test(start) || start.length >= longestFieldLength) return head;
    const next = await source.next();
    if (next.done) return head;
    // Blanks keep a connection alive, and belong to nothing.
    if (start === "") head.length = 0;
    head.push(next.value);
  }
}

/** Without a byte order mark, and the blanks before the body. */
const decodeStart = (head: readonly Uint8Array[]): string =>
  new TextDecoder().decode(Buffer.concat(head)).trimStart();

async function readText(
  head: readonly Uint8Array[],
  rest: Chunks,
  { upstream }: Pick<ProviderServer, "upstream">,
): Promise<string> {
  const chunks = [...head];
  let size = 0;
  for await (const bytes of rest) {
    chunks.push(bytes);
    size += bytes.length;
    if (size > maxReplyBytes) throw createProtocolError(upstream, "sent a reply of more than 16 MiB");
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Text that is not one JSON text may be lines of it, which are a stream. */
function toEventStream(
  text: string,
  label: string,
  server: Pick<ProviderServer, "api" | "upstream">,
): string {
  const json = tryParseReply(text);
  if (json === undefined) return text;
  const wireError = parseProviderError(json, server.upstream);
  if (wireError !== undefined) throw toRepliedError(wireError, server.upstream);
  const replies: readonly unknown[] = Array.isArray(json) ? json : [json];
  const events = replies.flatMap((reply) => server.api.toEvents(asFields(reply) ?? {}));
  if (events.length === 0) throw createLabelError(label, server);
  return events.map(encodeEvent).join("");
}

const createLabelError = (label: string, { upstream }: Pick<ProviderServer, "upstream">) =>
  createProtocolError(upstream, `answered with ${label.slice(0, 100) || "text"} instead of an event stream`);
