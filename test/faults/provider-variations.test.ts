/** Variations between providers that are allowed: each gives the same correct reply, streamed and unstreamed. */
import { afterAll, describe, expect, test } from "vitest";
import {
  sendChat,
  findLeaks,
  readRunLine,
  startFaultGateway,
  readStoredEntries,
  type ChatOutcome,
} from "../support/providers/fault-case.ts";
import { startProviderProcess } from "../support/providers/provider-process.ts";
import {
  completionChunk,
  closeConnection,
  flushHeaders,
  sseFrames,
  waitForResume,
  jsonResponse,
  sseResponse,
  type ScriptedResponse,
} from "../support/providers/scripted-provider.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

const text = "Grüße, 世界 👋🏽!";
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const usageChunk = { ...completionChunk({}), choices: [], usage };
const textChunk = completionChunk({ role: "assistant", content: text });
const stopChunk = completionChunk({}, "stop");
const plainStream = sseFrames(textChunk, stopChunk, usageChunk);
const toDataLine = (value: unknown): string => `data: ${JSON.stringify(value)}`;

const reply = (message: object, more: object = { usage }): object => ({
  ...completionChunk({}),
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop" }],
  ...more,
});
const body = JSON.stringify(reply({ content: text }));
const toAnswer = (type: string, ...steps: ScriptedResponse["steps"][]): ScriptedResponse => ({
  headers: { "content-type": type },
  steps: steps.flatMap((part) => [...part]),
});

async function answerTo(answer: ScriptedResponse, stream: boolean): Promise<ChatOutcome> {
  const a = providers.createProvider();
  await Promise.all([a.script(answer), a.resume()]);
  const gateway = await startFaultGateway({ a });
  const received = await sendChat(gateway, { stream });
  expect(findLeaks(gateway, received.raw)).toEqual([]);
  expect(readRunLine(gateway)).toEqual({ outcome: "stop", model: "a/m" });
  expect(await readStoredEntries(gateway)).toEqual(["user: hello", `assistant: ${received.text}`]);
  return received;
}

// prettier-ignore
const streams: readonly (readonly [string, ScriptedResponse])[] = [
  ["nothing unusual", sseResponse(plainStream)],
  ["one byte at a time, so that every character is split", sseResponse({ send: plainStream, every: 1 })],
  ["three bytes at a time", sseResponse({ send: plainStream, every: 3 })],
  ["CRLF", sseResponse({ send: plainStream.replaceAll("\n", "\r\n"), every: 1 })],
  ["CR alone", sseResponse(plainStream.replaceAll("\n", "\r"))],
  ["a byte order mark", sseResponse({ send: `\uFEFF${plainStream}`, every: 1 })],
  ["comments between the events and within them", sseResponse(`: hi\n\n${plainStream.replaceAll("data:", ": OPENROUTER PROCESSING\n\n: more\ndata:")}:\n\n`)],
  ["no space after the colon", sseResponse(plainStream.replaceAll("data: ", "data:"))],
  ["event names, ids and retry times", sseResponse(`retry: 5000\n\n${plainStream.replaceAll("data:", "event: message\nid: 7\nfoo: bar\ndata:")}`)],
  ["a chunk in several data lines", sseResponse(plainStream.replaceAll(/^data: \{/gm, "data: {\ndata: "))],
  ["a charset, and the type in capitals", toAnswer("Text/Event-Stream; Charset=UTF-8", [plainStream])],
  ["no content type", { steps: [plainStream] }],
  ["headers long before the first byte", sseResponse(flushHeaders, { waitMs: 100 }, plainStream)],
  ["no [DONE] at the end", sseResponse(plainStream.replace("data: [DONE]\n\n", ""))],
  ["no [DONE] and no blank line at the end", sseResponse(`${toDataLine(textChunk)}\n\n${toDataLine({ ...stopChunk, usage })}`)],
  ["a cut after the finish reason and the usage", sseResponse(plainStream.replace("data: [DONE]\n\n", ""), waitForResume, closeConnection)],
  ["something after [DONE]", sseResponse(`${plainStream}data: {oops}\n\n${toDataLine(textChunk)}\n\n`)],
  ["usage in the finish chunk", sseResponse(sseFrames(textChunk, { ...stopChunk, usage }))],
  ["usage in every chunk, growing", sseResponse(sseFrames({ ...textChunk, usage: { ...usage, total_tokens: 3, completion_tokens: 0 } }, { ...stopChunk, usage }))],
  ["usage before the finish chunk", sseResponse(sseFrames(textChunk, usageChunk, stopChunk))],
  ["text and finish reason in one chunk", sseResponse(sseFrames(completionChunk({ content: text }, "stop"), usageChunk))],
  ["empty chunks, null fields and unknown ones", sseResponse(sseFrames({ ...completionChunk({}), choices: [] }, completionChunk({ content: null, tool_calls: null, refusal: null }), { ...textChunk, x_groq: { id: "1" } }, stopChunk, usageChunk))],
  ["a finish reason that is empty until there is one", sseResponse(sseFrames(completionChunk({ content: text }, ""), stopChunk, usageChunk))],
  ["a finish reason that nobody knows", sseResponse(sseFrames(textChunk, completionChunk({}, "eos"), usageChunk))],
  ["text as a list of parts", sseResponse(sseFrames(completionChunk({ content: [{ type: "text", text }] }), stopChunk, usageChunk))],
  ["a whole reply", jsonResponse(reply({ content: text }))],
  ["a whole reply under the label of a stream", toAnswer("text/event-stream", [body])],
  ["the label of plain text", toAnswer("text/plain; charset=utf-8", [plainStream])],
  ["the label of JSON", toAnswer("application/json", [plainStream])],
  ["single line breaks", sseResponse({ send: plainStream.replaceAll("\n\n", "\n"), every: 5 })],
  ["events that say nothing", sseResponse(plainStream.replaceAll("data: {", 'data: null\n\ndata: {}\n\ndata: {"choices":null}\n\ndata: {"type":"ping"}\n\ndata: {'))],
  ["[DONE] instead of a finish reason", sseResponse(sseFrames(textChunk, usageChunk))],
  ["usage in the choice", sseResponse(sseFrames(textChunk, { choices: [{ index: 0, delta: {}, finish_reason: "stop", usage }] }))],
  ["usage in x_groq", sseResponse(sseFrames(textChunk, { ...stopChunk, x_groq: { usage } }))],
  ["the whole message once more at the end", sseResponse(sseFrames(textChunk, reply({ content: text })))],
  ["one UTF-16 unit a chunk, so that characters come in halves", sseResponse(sseFrames(...text.split("").map((content) => completionChunk({ content })), stopChunk, usageChunk))],
];

// prettier-ignore
const replies: readonly (readonly [string, ScriptedResponse])[] = [
  ["nothing unusual", jsonResponse(reply({ content: text }))],
  ["one byte at a time", toAnswer("application/json", [{ send: body, every: 1 }])],
  ["a byte order mark", toAnswer("application/json", [`\uFEFF${body}`])],
  ["blanks sent to keep the connection", toAnswer("application/json", [flushHeaders, "\n\n  ", { waitMs: 100 }, body])],
  ["line breaks in the JSON", toAnswer("application/json", [JSON.stringify(JSON.parse(body), null, "\r\n")])],
  ["a charset", toAnswer("application/json; charset=utf-8", [body])],
  ["no content type", { steps: [body] }],
  ["no finish reason", jsonResponse({ ...reply({}), choices: [{ index: 0, message: { content: text } }] })],
  ["text as a list of parts", jsonResponse(reply({ content: [{ type: "text", text: "Grüße, " }, { type: "text", text: text.slice(7) }] }))],
  ["the label of a stream", toAnswer("text/event-stream", [body])],
  ["the label of plain text", toAnswer("text/plain", [body])],
  ["a stream", sseResponse(plainStream)],
  ["a stream under the label of JSON", toAnswer("application/json", [plainStream])],
  ["2 MiB of something else", jsonResponse(reply({ content: text }, { usage, padding: "x".repeat(2 * 1024 * 1024) }))],
];

describe("text and usage are right", () => {
  test.for(streams)("streamed, with %s", async ([, answer]) => {
    expect(await answerTo(answer, true)).toMatchObject({ status: 200, text, tokens: 5, isDone: true });
  });

  test.for(replies)("whole, with %s", async ([, answer]) => {
    expect(await answerTo(answer, false)).toMatchObject({ status: 200, text, tokens: 5 });
  });

  test.for([
    ["streamed", sseResponse(sseFrames(textChunk, stopChunk)), true],
    ["whole", jsonResponse(reply({ content: text }, {})), false],
    ["whole, and null", jsonResponse(reply({ content: text }, { usage: null })), false],
  ] as const)("%s, usage that the provider does not report stays undefined", async ([, answer, stream]) => {
    expect(await answerTo(answer, stream)).toMatchObject({ text, tokens: undefined, isDone: stream });
  });
});

test.for([true, false])("half a character without its other half is U+FFFD, streamed: %s", async (stream) => {
  const a = providers.createProvider();
  const parts = ["a\ud83d", "b\ude00", "c\ud83dd", "\ud83d"];
  const answer = stream
    ? sseResponse(sseFrames(...parts.map((content) => completionChunk({ content })), stopChunk))
    : jsonResponse(reply({ content: parts.join("") }));
  await a.script(answer);
  const gateway = await startFaultGateway({ a });
  const received = await sendChat(gateway, { stream });
  expect(received.text).toBe("a\ufffdb\ufffdc\ufffdd\ufffd");
  expect(received.raw).not.toMatch(/\\ud[89a-f]/i);
  expect(await readStoredEntries(gateway)).toEqual(["user: hello", `assistant: ${received.text}`]);
});

const toCallDelta = (fields: object, wire: object): object => ({
  tool_calls: [{ type: "function", ...fields, function: wire }],
});
const toTool = (name: string) => ({ type: "function" as const, function: { name, parameters: {} } });
const calls = [
  { name: "look", arguments: '{"at":"世界"}' },
  { name: "walk", arguments: '{"to":"you"}' },
];
const [look, walk] = calls.map((toolCall) => toolCall.arguments) as [string, string];
const toolCallsChunk = completionChunk({}, "tool_calls");

// prettier-ignore
const callDeltas: readonly (readonly [string, readonly object[]])[] = [
  ["in one piece each", [
    toCallDelta({ index: 0, id: "c1" }, { name: "look", arguments: look }), toCallDelta({ index: 1, id: "c2" }, { name: "walk", arguments: walk })]],
  ["a character at a time", [
    toCallDelta({ index: 0, id: "c1" }, { name: "look", arguments: "" }), ...look.split("").map((c) => toCallDelta({ index: 0 }, { arguments: c })),
    toCallDelta({ index: 1, id: "c2" }, { name: "walk", arguments: "" }), ...walk.split("").map((c) => toCallDelta({ index: 1 }, { arguments: c }))]],
  ["interleaved", [
    toCallDelta({ index: 0, id: "c1" }, { name: "look", arguments: look.slice(0, 4) }), toCallDelta({ index: 1, id: "c2" }, { name: "walk", arguments: walk.slice(0, 4) }),
    toCallDelta({ index: 0 }, { arguments: look.slice(4) }), toCallDelta({ index: 1 }, { arguments: walk.slice(4) })]],
  ["both in one chunk", [{ tool_calls: [
    { index: 0, id: "c1", function: { name: "look", arguments: look } }, { index: 1, id: "c2", function: { name: "walk", arguments: walk } }] }]],
  ["the name after the id, and after some arguments", [
    toCallDelta({ index: 0, id: "c1" }, {}), toCallDelta({ index: 0 }, { arguments: look.slice(0, 3) }), toCallDelta({ index: 0 }, { name: "look", arguments: look.slice(3) }),
    toCallDelta({ index: 1, id: "c2" }, {}), toCallDelta({ index: 1 }, { name: "walk", arguments: walk })]],
  ["without an index", [
    toCallDelta({ id: "c1" }, { name: "look", arguments: look.slice(0, 4) }), toCallDelta({}, { arguments: look.slice(4) }), toCallDelta({ id: "c2" }, { name: "walk", arguments: walk })]],
  ["all with index 0", [
    toCallDelta({ index: 0, id: "c1" }, { name: "look", arguments: look }), toCallDelta({ index: 0, id: "c2" }, { name: "walk", arguments: walk })]],
  ["id and name in every piece", [
    toCallDelta({ index: 0, id: "c1" }, { name: "look", arguments: look.slice(0, 4) }), toCallDelta({ index: 0, id: "c1" }, { name: "look", arguments: look.slice(4) }),
    toCallDelta({ index: 1, id: "c2" }, { name: "walk", arguments: walk })]],
  ["indexes that begin at 1 and have gaps", [
    toCallDelta({ index: 1, id: "c1" }, { name: "look", arguments: look }), toCallDelta({ index: 5, id: "c2" }, { name: "walk", arguments: walk })]],
  ["the same id twice", [
    toCallDelta({ index: 0, id: "c1" }, { name: "look", arguments: look }), toCallDelta({ index: 1, id: "c1" }, { name: "walk", arguments: walk })]],
  ["no ids", [
    toCallDelta({ index: 0 }, { name: "look", arguments: look }), toCallDelta({ index: 1 }, { name: "walk", arguments: walk })]],
  ["no ids, all with index 0", [
    toCallDelta({ index: 0 }, { name: "look", arguments: look }), toCallDelta({ index: 0 }, { name: "walk", arguments: walk })]],
  ["arguments on indexes that no call has", [
    toCallDelta({ index: 0, id: "c1" }, { name: "look", arguments: "" }), toCallDelta({ index: 1 }, { arguments: look.slice(0, 4) }), toCallDelta({ index: 2 }, { arguments: look.slice(4) }),
    toCallDelta({ index: 3, id: "c2" }, { name: "walk", arguments: walk })]],
  ["arguments as objects", [
    toCallDelta({ index: 0, id: "c1" }, { name: "look", arguments: JSON.parse(look) as object }), toCallDelta({ index: 1, id: "c2" }, { name: "walk", arguments: JSON.parse(walk) as object })]],
];

describe("two tool calls are distinguished", () => {
  test.for(
    callDeltas.flatMap(([name, deltas]) => [
      ["tool_calls", name, deltas] as const,
      ["stop", name, deltas] as const,
    ]),
  )("finish reason %s, %s", async ([finish, , deltas]) => {
    const a = providers.createProvider();
    const last = finish === "stop" ? stopChunk : toolCallsChunk;
    await a.script(
      sseResponse({
        send: sseFrames(...deltas.map((delta) => completionChunk(delta)), last, usageChunk),
        every: 100,
      }),
    );
    const gateway = await startFaultGateway({ a });
    const received = await sendChat(gateway, { stream: true, tools: [toTool("look"), toTool("walk")] });

    expect(received).toMatchObject({ text: "", calls, tokens: 5, isDone: true });
    expect(received.raw).toContain('"finish_reason":"tool_calls"');
    expect(new Set(received.callIds).size).toBe(2);
    expect(readRunLine(gateway)).toEqual({ outcome: "tool_calls", model: "a/m" });
  });
});

describe("a call's arguments", () => {
  const answerCall = async (stream: boolean, ...fragments: readonly string[]): Promise<ChatOutcome> => {
    const a = providers.createProvider();
    const tool_calls = [
      { id: "c1", type: "function", function: { name: "look", arguments: fragments.join("") } },
    ];
    const deltas = fragments.map((text) => toCallDelta({ index: 0 }, { arguments: text }));
    const answer = stream
      ? sseResponse(
          sseFrames(
            ...[toCallDelta({ index: 0, id: "c1" }, { name: "look" }), ...deltas].map((d) =>
              completionChunk(d),
            ),
            toolCallsChunk,
          ),
        )
      : jsonResponse(reply({ content: null, tool_calls }));
    await a.script(answer);
    return await sendChat(await startFaultGateway({ a }), { stream, tools: [toTool("look")] });
  };

  test.for([true, false])("without any are {}, streamed: %s", async (stream) => {
    expect(await answerCall(stream)).toMatchObject({ calls: [{ name: "look", arguments: "{}" }] });
    expect(await answerCall(stream, "")).toMatchObject({ calls: [{ name: "look", arguments: "{}" }] });
  });

  test.for([true, false])("are joined where a character comes in halves, streamed: %s", async (stream) => {
    const { calls: received, raw } = await answerCall(stream, '{"at":"\ud83d', '\ude00"}');
    expect(received).toEqual([{ name: "look", arguments: '{"at":"😀"}' }]);
    expect(raw).not.toMatch(/\\ud[89a-f]/i);
  });
});
