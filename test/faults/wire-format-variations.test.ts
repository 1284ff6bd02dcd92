/** Bodies in other forms than an API defines give the same reply in every wire format, streamed and whole. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import {
  findLeaks,
  readRunLine,
  readStoredEntries,
  sendChat,
  startFaultGateway,
} from "../support/providers/fault-case.ts";
import {
  jsonResponse,
  sseResponse,
  type ScriptedResponse,
  startScriptedProvider,
} from "../support/providers/scripted-provider.ts";
import { wireFormats, type WireFormat } from "../support/providers/wire-formats.ts";

const text = "Grüße, 世界 👋🏽!";
const toStream = ({ startText, continueText, ending }: WireFormat): string =>
  startText(text.slice(0, 4)) + continueText(text.slice(4)) + ending;
const readData = (stream: string): readonly string[] =>
  [...stream.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => data);
const withLabel = (type: string, body: string | Uint8Array, headers = {}): ScriptedResponse => ({
  headers: { "content-type": type, ...headers },
  steps: [body],
});
/** Events that say nothing, in JSON that each API could have, and words. */
const silentEvents = [
  "null",
  "{}",
  "[]",
  '{"type":"ping"}',
  '{"choices":[],"cost":"0.1"}',
  '{"candidates":null}',
  "ping",
];

const variations: readonly (readonly [string, (format: WireFormat) => ScriptedResponse])[] = [
  ["a whole reply", (format) => jsonResponse(format.wholeReply(text))],
  [
    "a whole reply under the label of a stream",
    (format) => withLabel("text/event-stream", JSON.stringify(format.wholeReply(text))),
  ],
  [
    "a whole reply on several lines",
    (format) => withLabel("application/json", `\n${JSON.stringify(format.wholeReply(text), null, 2)}\n`),
  ],
  ["a stream", (format) => sseResponse(toStream(format))],
  [
    "a stream under the label of JSON, in pieces",
    (format) => ({
      headers: { "content-type": "application/json" },
      steps: [{ send: toStream(format), every: 3 }],
    }),
  ],
  [
    "a stream under the label of plain text",
    (format) => withLabel("text/plain; charset=utf-8", toStream(format)),
  ],
  ["lines of JSON", (format) => withLabel("application/x-ndjson", readData(toStream(format)).join("\n"))],
  [
    "lines of JSON under the label of a stream",
    (format) =>
      withLabel(
        "text/event-stream",
        readData(toStream(format))
          .map((line) => `${line}\n`)
          .join(""),
      ),
  ],
  [
    "lines of JSON in pieces",
    (format) => ({
      headers: { "content-type": "application/json" },
      steps: [{ send: readData(toStream(format)).join("\r\n"), every: 5 }],
    }),
  ],
  [
    "gzip",
    (format) => withLabel("text/event-stream", gzipSync(toStream(format)), { "content-encoding": "gzip" }),
  ],
  [
    "a whole reply in br",
    (format) =>
      withLabel("application/json", brotliCompressSync(JSON.stringify(format.wholeReply(text))), {
        "content-encoding": "br",
      }),
  ],
  [
    "single line breaks",
    (format) => sseResponse({ send: toStream(format).replaceAll("\n\n", "\n"), every: 7 }),
  ],
  [
    "events that say nothing",
    (format) =>
      sseResponse(
        silentEvents.reduce(
          (stream, data) => stream.replaceAll(/^(?=data: )/gm, `data: ${data}\n\n`),
          toStream(format),
        ),
      ),
  ],
  [
    "characters that come in halves",
    ({ startText, continueText, ending }) =>
      sseResponse(
        startText("") +
          text
            .split("")
            .map((unit) => continueText(unit))
            .join("") +
          ending,
      ),
  ],
  [
    "[DONE] in place of the end",
    ({ startText, continueText }) =>
      sseResponse(`${startText(text.slice(0, 4))}${continueText(text.slice(4))}data: [DONE]\n\n`),
  ],
  ["[DONE] beside the end", (format) => sseResponse(`${toStream(format)}data: [DONE]\n\n`)],
];

test.for(
  wireFormats.flatMap((format) =>
    variations.flatMap(([name, toAnswer]) =>
      [true, false].map((stream) => ({
        api: format.api,
        name,
        stream,
        mode: stream ? "streamed" : "whole",
        format,
        toAnswer,
      })),
    ),
  ),
)("$api, $name, $mode", async ({ format, stream, toAnswer }) => {
  await using provider = await startScriptedProvider();
  provider.script(toAnswer(format));
  const gateway = await startFaultGateway({ a: provider, format });
  const received = await sendChat(gateway, { stream });
  expect(received).toMatchObject({ status: 200, text, isDone: stream });
  expect(received).not.toHaveProperty("error");
  expect(findLeaks(gateway, received.raw)).toEqual([]);
  expect(readRunLine(gateway)).toEqual({ outcome: "stop", model: "a/m" });
  expect(await readStoredEntries(gateway)).toEqual(["user: hello", `assistant: ${text}`]);
});
