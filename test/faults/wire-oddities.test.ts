/** What providers do differently and may: the same right answer comes of each, streamed and whole. */
import { afterAll, describe, expect, test } from "vitest";
import { ask, leaks, runOf, startCell, storedIn, type Received } from "../support/fault-cell.ts";
import { startProviderProcess } from "../support/provider-process.ts";
import {
  chunk,
  cut,
  flushHeaders,
  frames,
  hold,
  json,
  streamed,
  type Answer,
} from "../support/scripted-provider.ts";

const providers = await startProviderProcess();
afterAll(() => providers.stop());

const text = "Grüße, 世界 👋🏽!";
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const usageChunk = { ...chunk({}), choices: [], usage };
const said = chunk({ role: "assistant", content: text });
const stop = chunk({}, "stop");
const plain = frames(said, stop, usageChunk);
const data = (value: unknown): string => `data: ${JSON.stringify(value)}`;

const reply = (message: object, more: object = { usage }): object => ({
  ...chunk({}),
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop" }],
  ...more,
});
const body = JSON.stringify(reply({ content: text }));
const sent = (type: string, ...steps: Answer["steps"][]): Answer => ({
  headers: { "content-type": type },
  steps: steps.flatMap((part) => [...part]),
});

async function answerTo(answer: Answer, stream: boolean): Promise<Received> {
  const a = providers.lane();
  await Promise.all([a.script(answer), a.go()]);
  const gateway = await startCell({ a });
  const received = await ask(gateway, { stream });
  expect(leaks(gateway, received.raw)).toEqual([]);
  expect(runOf(gateway)).toEqual({ outcome: "stop", model: "a/m" });
  expect(await storedIn(gateway)).toEqual(["user: hello", `assistant: ${received.text}`]);
  return received;
}

// prettier-ignore
const streams: readonly (readonly [string, Answer])[] = [
  ["nothing unusual", streamed(plain)],
  ["one byte at a time, so that every character is split", streamed({ send: plain, every: 1 })],
  ["three bytes at a time", streamed({ send: plain, every: 3 })],
  ["CRLF", streamed({ send: plain.replaceAll("\n", "\r\n"), every: 1 })],
  ["CR alone", streamed(plain.replaceAll("\n", "\r"))],
  ["a byte order mark", streamed({ send: `\uFEFF${plain}`, every: 1 })],
  ["comments between the events and within them", streamed(`: hi\n\n${plain.replaceAll("data:", ": OPENROUTER PROCESSING\n\n: more\ndata:")}:\n\n`)],
  ["no space after the colon", streamed(plain.replaceAll("data: ", "data:"))],
  ["event names, ids and retry times", streamed(`retry: 5000\n\n${plain.replaceAll("data:", "event: message\nid: 7\nfoo: bar\ndata:")}`)],
  ["a chunk in several data lines", streamed(plain.replaceAll(/^data: \{/gm, "data: {\ndata: "))],
  ["a charset, and the type in capitals", sent("Text/Event-Stream; Charset=UTF-8", [plain])],
  ["no content type", { steps: [plain] }],
  ["headers long before the first byte", streamed(flushHeaders, { waitMs: 100 }, plain)],
  ["no [DONE] at the end", streamed(plain.replace("data: [DONE]\n\n", ""))],
  ["no [DONE] and no blank line at the end", streamed(`${data(said)}\n\n${data({ ...stop, usage })}`)],
  ["a cut after the finish reason and the usage", streamed(plain.replace("data: [DONE]\n\n", ""), hold, cut)],
  ["something after [DONE]", streamed(`${plain}data: {oops}\n\n${data(said)}\n\n`)],
  ["usage in the finish chunk", streamed(frames(said, { ...stop, usage }))],
  ["usage in every chunk, growing", streamed(frames({ ...said, usage: { ...usage, total_tokens: 3, completion_tokens: 0 } }, { ...stop, usage }))],
  ["usage before the finish chunk", streamed(frames(said, usageChunk, stop))],
  ["text and finish reason in one chunk", streamed(frames(chunk({ content: text }, "stop"), usageChunk))],
  ["empty chunks, null fields and unknown ones", streamed(frames({ ...chunk({}), choices: [] }, chunk({ content: null, tool_calls: null, refusal: null }), { ...said, x_groq: { id: "1" } }, stop, usageChunk))],
  ["a finish reason that is empty until there is one", streamed(frames(chunk({ content: text }, ""), stop, usageChunk))],
  ["a finish reason that nobody knows", streamed(frames(said, chunk({}, "eos"), usageChunk))],
  ["text as a list of parts", streamed(frames(chunk({ content: [{ type: "text", text }] }), stop, usageChunk))],
  ["a whole reply", json(reply({ content: text }))],
];

// prettier-ignore
const replies: readonly (readonly [string, Answer])[] = [
  ["nothing unusual", json(reply({ content: text }))],
  ["one byte at a time", sent("application/json", [{ send: body, every: 1 }])],
  ["a byte order mark", sent("application/json", [`\uFEFF${body}`])],
  ["blanks sent to keep the connection", sent("application/json", [flushHeaders, "\n\n  ", { waitMs: 100 }, body])],
  ["line breaks in the JSON", sent("application/json", [JSON.stringify(JSON.parse(body), null, "\r\n")])],
  ["a charset", sent("application/json; charset=utf-8", [body])],
  ["no content type", { steps: [body] }],
  ["no finish reason", json({ ...reply({}), choices: [{ index: 0, message: { content: text } }] })],
  ["text as a list of parts", json(reply({ content: [{ type: "text", text: "Grüße, " }, { type: "text", text: text.slice(7) }] }))],
  ["2 MiB of something else", json(reply({ content: text }, { usage, padding: "x".repeat(2 * 1024 * 1024) }))],
];

describe("text and usage are right", () => {
  test.for(streams)("streamed, with %s", async ([, answer]) => {
    expect(await answerTo(answer, true)).toMatchObject({ status: 200, text, tokens: 5, done: true });
  });

  test.for(replies)("whole, with %s", async ([, answer]) => {
    expect(await answerTo(answer, false)).toMatchObject({ status: 200, text, tokens: 5 });
  });

  test.for([
    ["streamed", streamed(frames(said, stop)), true],
    ["whole", json(reply({ content: text }, {})), false],
    ["whole, and null", json(reply({ content: text }, { usage: null })), false],
  ] as const)("%s, usage that the provider does not tell is not made up", async ([, answer, stream]) => {
    expect(await answerTo(answer, stream)).toMatchObject({ text, tokens: undefined, done: stream });
  });
});

const call = (fields: object, wire: object): object => ({
  tool_calls: [{ type: "function", ...fields, function: wire }],
});
const tool = (name: string) => ({ type: "function" as const, function: { name, parameters: {} } });
const calls = [
  { name: "look", arguments: '{"at":"世界"}' },
  { name: "walk", arguments: '{"to":"you"}' },
];
const [look, walk] = calls.map((made) => made.arguments) as [string, string];
const end = chunk({}, "tool_calls");

// prettier-ignore
const pieces: readonly (readonly [string, readonly object[]])[] = [
  ["in one piece each", [
    call({ index: 0, id: "c1" }, { name: "look", arguments: look }), call({ index: 1, id: "c2" }, { name: "walk", arguments: walk })]],
  ["a character at a time", [
    call({ index: 0, id: "c1" }, { name: "look", arguments: "" }), ...look.split("").map((c) => call({ index: 0 }, { arguments: c })),
    call({ index: 1, id: "c2" }, { name: "walk", arguments: "" }), ...walk.split("").map((c) => call({ index: 1 }, { arguments: c }))]],
  ["interleaved", [
    call({ index: 0, id: "c1" }, { name: "look", arguments: look.slice(0, 4) }), call({ index: 1, id: "c2" }, { name: "walk", arguments: walk.slice(0, 4) }),
    call({ index: 0 }, { arguments: look.slice(4) }), call({ index: 1 }, { arguments: walk.slice(4) })]],
  ["both in one chunk", [{ tool_calls: [
    { index: 0, id: "c1", function: { name: "look", arguments: look } }, { index: 1, id: "c2", function: { name: "walk", arguments: walk } }] }]],
  ["the name after the id, and after some arguments", [
    call({ index: 0, id: "c1" }, {}), call({ index: 0 }, { arguments: look.slice(0, 3) }), call({ index: 0 }, { name: "look", arguments: look.slice(3) }),
    call({ index: 1, id: "c2" }, {}), call({ index: 1 }, { name: "walk", arguments: walk })]],
  ["without an index", [
    call({ id: "c1" }, { name: "look", arguments: look.slice(0, 4) }), call({}, { arguments: look.slice(4) }), call({ id: "c2" }, { name: "walk", arguments: walk })]],
  ["all with index 0", [
    call({ index: 0, id: "c1" }, { name: "look", arguments: look }), call({ index: 0, id: "c2" }, { name: "walk", arguments: walk })]],
  ["id and name in every piece", [
    call({ index: 0, id: "c1" }, { name: "look", arguments: look.slice(0, 4) }), call({ index: 0, id: "c1" }, { name: "look", arguments: look.slice(4) }),
    call({ index: 1, id: "c2" }, { name: "walk", arguments: walk })]],
  ["indexes that begin at 1 and have gaps", [
    call({ index: 1, id: "c1" }, { name: "look", arguments: look }), call({ index: 5, id: "c2" }, { name: "walk", arguments: walk })]],
  ["the same id twice", [
    call({ index: 0, id: "c1" }, { name: "look", arguments: look }), call({ index: 1, id: "c1" }, { name: "walk", arguments: walk })]],
  ["no ids", [
    call({ index: 0 }, { name: "look", arguments: look }), call({ index: 1 }, { name: "walk", arguments: walk })]],
  ["arguments as objects", [
    call({ index: 0, id: "c1" }, { name: "look", arguments: JSON.parse(look) as object }), call({ index: 1, id: "c2" }, { name: "walk", arguments: JSON.parse(walk) as object })]],
];

describe("two tool calls are told apart", () => {
  test.for(
    pieces.flatMap(([name, deltas]) => [
      ["tool_calls", name, deltas] as const,
      ["stop", name, deltas] as const,
    ]),
  )("finish reason %s, %s", async ([finish, , deltas]) => {
    const a = providers.lane();
    const last = finish === "stop" ? stop : end;
    await a.script(
      streamed({ send: frames(...deltas.map((delta) => chunk(delta)), last, usageChunk), every: 100 }),
    );
    const gateway = await startCell({ a });
    const received = await ask(gateway, { stream: true, tools: [tool("look"), tool("walk")] });

    expect(received).toMatchObject({ text: "", calls, tokens: 5, done: true });
    expect(received.raw).toContain('"finish_reason":"tool_calls"');
    expect(new Set(received.callIds).size).toBe(2);
    expect(runOf(gateway)).toEqual({ outcome: "tool_calls", model: "a/m" });
  });
});
