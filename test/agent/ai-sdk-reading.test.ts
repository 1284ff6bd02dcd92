/** Recorded streams of each API, split wherever a network may split them, give the same reply. */
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { ModelEvent, Usage } from "../../server/agent/types.ts";
import { apiNames, createApiModel, readRecordedStream, type ApiName } from "../support/providers/ai-sdk.ts";
import { createModelCall, collectModelEvents } from "../support/providers/openai-completions.ts";
import {
  waitForResume,
  resetConnection,
  stall,
  startScriptedProvider,
  sseResponse,
  type ScriptedResponse,
} from "../support/providers/scripted-provider.ts";

/** A reply, independent of how its events were split. */
interface FoldedEvents {
  readonly text: string;
  readonly thinking: string;
  readonly refusal: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: unknown }[];
  readonly reason: string | undefined;
  readonly usage: Usage | undefined;
  readonly order: string;
}

async function answerTo(api: ApiName, answer: ScriptedResponse): Promise<FoldedEvents> {
  await using provider = await startScriptedProvider();
  provider.script(answer);
  const tools = [{ name: "look" }, { name: "walk" }];
  return fold(
    await collectModelEvents(createApiModel(api, provider.baseUrl, "m"), createModelCall({ tools })),
  );
}

function fold(events: readonly ModelEvent[]): FoldedEvents {
  const joinText = (type: "text" | "thinking" | "refusal"): string =>
    events.map((event) => (event.type === type ? event.text : "")).join("");
  const calls = events
    .filter((event) => event.type === "tool_call")
    .map(({ index, id, name }) => {
      const pieces = events.map((event) =>
        event.type === "tool_call_arguments" && event.index === index ? event.fragment : "",
      );
      return { id, name, arguments: JSON.parse(pieces.join("")) as unknown };
    });
  const end = events.at(-1);
  return {
    text: joinText("text"),
    thinking: joinText("thinking"),
    refusal: joinText("refusal"),
    calls,
    reason: end?.type === "finish" ? end.reason : JSON.stringify(end),
    usage: end?.type === "finish" ? end.usage : undefined,
    order: [...new Set(events.map(({ type }) => type))].join(" "),
  };
}

const nothing = { text: "", thinking: "", refusal: "", calls: [] };
const usage = (fields: Partial<Usage>): Usage => ({
  input: 1321,
  output: 52,
  cached: 1000,
  cacheWrite: 0,
  reasoning: 0,
  ...fields,
});
const plain = { text: "Grüße, 世界 👋🏽!", reason: "stop", order: "text finish" };
const thought = {
  text: "Eine Katze.",
  thinking: "Zuerst überlegen.",
  reason: "stop",
  order: "thinking state text finish",
};
const expectCalls = (first: string, second: string, callState = " tool_call_state") => ({
  text: "I look.",
  thinking: "Two looks.",
  calls: [
    { id: first, name: "look", arguments: { at: "世界" } },
    { id: second, name: "walk", arguments: {} },
  ],
  reason: "tool_calls",
  order: `thinking state text tool_call tool_call_arguments${callState} finish`,
});
const truncated = { text: "Once upon", reason: "length", order: "text finish" };
const outputUsage = (output: number): Usage => usage({ output, cacheWrite: 300 });

// prettier-ignore
const answers: readonly (readonly [ApiName, string, object])[] = [
  ["openai-responses", "text", { ...plain, usage: usage({}) }],
  ["openai-responses", "thinking", { ...thought, thinking: "Zuerst überlegen.\n\nDann reden.", usage: usage({ reasoning: 33 }) }],
  ["openai-responses", "parallel-calls", { ...expectCalls("call_a1", "call_a2"), usage: usage({}) }],
  ["openai-responses", "refusal", { refusal: "I cannot do that.", reason: "stop", order: "refusal finish", usage: usage({}) }],
  ["openai-responses", "max-tokens", { ...truncated, usage: usage({}) }],
  ["anthropic-messages", "text", { ...plain, usage: outputUsage(12) }],
  ["anthropic-messages", "thinking", { ...thought, usage: outputUsage(40) }],
  ["anthropic-messages", "parallel-calls", { ...expectCalls("toolu_01", "toolu_02", ""), usage: outputUsage(55) }],
  ["anthropic-messages", "refusal", { text: "I ", reason: "content_filter", order: "text finish", usage: outputUsage(3) }],
  ["anthropic-messages", "max-tokens", { ...truncated, usage: outputUsage(16) }],
  ["google-generative-ai", "text", { ...plain, usage: usage({ reasoning: 40 }) }],
  ["google-generative-ai", "thinking", { ...thought, usage: usage({ reasoning: 40 }) }],
  ["google-generative-ai", "parallel-calls", { ...expectCalls("fc1", "fc2"), usage: usage({ reasoning: 40 }) }],
  ["google-generative-ai", "refusal", { text: "I ", reason: "content_filter", order: "text finish", usage: usage({ reasoning: 40 }) }],
  ["google-generative-ai", "blocked-prompt", { reason: "content_filter", order: "finish", usage: usage({ output: 0, cached: 0 }) }],
  ["google-generative-ai", "max-tokens", { ...truncated, usage: usage({ reasoning: 40 }) }],
];

describe.for(answers)("%s, %s", ([api, name, answer]) => {
  const bytes = readRecordedStream(api, name);

  test.for([
    ["whole", sseResponse(bytes)],
    ["a byte at a time", sseResponse({ send: bytes, every: 1 })],
    ["seven bytes at a time", sseResponse({ send: bytes, every: 7 })],
    ["a hundred bytes at a time", sseResponse({ send: bytes, every: 100 })],
  ] as const)("%s", async ([, stream]) => {
    expect(await answerTo(api, stream)).toEqual({ ...nothing, ...answer });
  });
});

describe.for(apiNames)("%s, other ways to send the same reply", (api) => {
  const bytes = readRecordedStream(api, "text");

  test.for([
    ["CRLF", sseResponse({ send: bytes.replaceAll("\n", "\r\n"), every: 3 })],
    ["a byte order mark", sseResponse({ send: `\uFEFF${bytes}`, every: 1 })],
    ["comments", sseResponse(`: hi\n\n${bytes.replaceAll("data:", ": more\ndata:")}`)],
    ["no space after the colon", sseResponse(bytes.replaceAll("data: ", "data:"))],
    ["a charset", { headers: { "content-type": "Text/Event-Stream; Charset=UTF-8" }, steps: [bytes] }],
    ["no content type", { steps: [bytes] }],
    ["a last event without its blank line", sseResponse(bytes.trimEnd())],
    ["[DONE] at the end", sseResponse(`${bytes}data: [DONE]\n\n`)],
  ] as const)("%s", async ([, stream]) => {
    expect(await answerTo(api, stream)).toMatchObject(plain);
  });

  test("a connection that breaks after the reply is complete loses nothing", async () => {
    await using provider = await startScriptedProvider();
    provider.script(sseResponse(bytes, { waitMs: 100 }, resetConnection), sseResponse(bytes, stall));
    const model = createApiModel(api, provider.baseUrl, "m", { silenceMs: 200 });
    expect(fold(await collectModelEvents(model))).toMatchObject(plain);
    expect(fold(await collectModelEvents(model))).toMatchObject(plain);
  });

  test("an event is emitted before the next one is sent", async () => {
    await using provider = await startScriptedProvider();
    const at = bytes.indexOf("\n\n", bytes.indexOf("Grüße")) + 2;
    const received = Promise.withResolvers<void>();
    provider.script(sseResponse(bytes.slice(0, at), { until: received.promise }, bytes.slice(at)));
    const events = createApiModel(
      api,
      provider.baseUrl,
      "m",
    )(createModelCall(), new AbortController().signal);
    const texts: string[] = [];
    for await (const event of events) {
      if (event.type === "text") texts.push(event.text);
      received.resolve();
    }
    expect(texts).toEqual(["Grüße, ", "世界", " 👋🏽!"]);
  });

  test("an unstreamed reply is emitted only when it is complete", async () => {
    await using provider = await startScriptedProvider();
    const last = bytes.lastIndexOf("\n\n", bytes.length - 3);
    provider.script(sseResponse(bytes.slice(0, last), { waitMs: 1_000 }, bytes.slice(last)));
    const call = createModelCall({ stream: false });
    const events = createApiModel(api, provider.baseUrl, "m")(call, new AbortController().signal);
    const times: number[] = [];
    for await (const _ of events) times.push(Date.now());
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(500);
  });

  test("the connection is reused by the next call", async () => {
    await using provider = await startScriptedProvider();
    provider.script(sseResponse(bytes), sseResponse(bytes));
    const model = createApiModel(api, provider.baseUrl, "m");
    await collectModelEvents(model);
    await setImmediate();
    await collectModelEvents(model);
    expect(provider.connections()).toBe(1);
  });
});

test("stop sequences, which OpenAI's Responses API lacks, end the text and the call", async () => {
  await using provider = await startScriptedProvider();
  const bytes = readRecordedStream("openai-responses", "text");
  const at = bytes.indexOf("\n\n", bytes.indexOf('delta": "世界"')) + 2;
  provider.script(sseResponse(bytes.slice(0, at), waitForResume));
  const events = await collectModelEvents(
    createApiModel("openai-responses", provider.baseUrl, "m"),
    createModelCall({ stop: ["界"] }),
  );
  expect(fold(events)).toMatchObject({ text: "Grüße, 世", reason: "stop", usage: undefined });
  expect(provider.requests()[0]?.body).not.toHaveProperty("stop");
});
