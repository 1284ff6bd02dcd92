import { describe, expect, test } from "vitest";
import type { AnswerLimits } from "../../server/agent/step.ts";
import type { ModelEvent, ModelStream, RunEvent, Turn } from "../../server/agent/types.ts";
import { chatConfig, createChatBody, postChat, startTestGateway } from "../support/gateway/gateway.ts";
import { createPushedModel } from "../support/providers/openai-completions.ts";
import { completionChunk, startScriptedProvider } from "../support/providers/scripted-provider.ts";
import { collectEvents, createTestRun, createTestRunner, findEnd, joinText } from "../support/runs/runs.ts";
import { readText } from "../support/runs/turns.ts";

/** Yields the events of an endless answer, and reports when its consumer has stopped it. */
function createEndlessModel(createEvent: (index: number) => readonly ModelEvent[]): {
  readonly model: ModelStream;
  readonly state: { emitted: number; isStopped: boolean };
} {
  const state = { emitted: 0, isStopped: false };
  const model: ModelStream = async function* endless() {
    try {
      for (let index = 0; index < 1_000_000; index += 1) {
        state.emitted += 1;
        yield* createEvent(index);
      }
    } finally {
      state.isStopped = true;
    }
  };
  return { model, state };
}

const kilobyte = "x".repeat(1_000);

const cases: readonly (readonly [
  string,
  keyof AnswerLimits,
  number,
  (index: number) => readonly ModelEvent[],
])[] = [
  ["text", "maxAnswerBytes", 10_000, () => [{ type: "text", text: kilobyte }]],
  ["thinking", "maxAnswerBytes", 10_000, () => [{ type: "thinking", text: kilobyte }]],
  ["refusal", "maxAnswerBytes", 10_000, () => [{ type: "refusal", text: kilobyte }]],
  [
    "text and thinking together",
    "maxAnswerBytes",
    10_000,
    () => [
      { type: "text", text: kilobyte },
      { type: "thinking", text: kilobyte },
    ],
  ],
  [
    "arguments of one call",
    "maxCallArgumentBytes",
    10_000,
    (index) =>
      index === 0
        ? [{ type: "tool_call", index: 0, id: "c0", name: "look" }]
        : [{ type: "tool_call_arguments", index: 0, fragment: kilobyte }],
  ],
  ["calls", "maxCallsPerStep", 10, (index) => [{ type: "tool_call", index, id: `c${index}`, name: "look" }]],
];

describe("an endless answer ends the run with an error that names the limit", () => {
  test.each(cases)("%s", async (_, limit, value, createEvent) => {
    const { model, state } = createEndlessModel(createEvent);
    const { runAgent } = createTestRunner(undefined, undefined, { [limit]: value });
    const events = await collectEvents(runAgent(createTestRun({ model, tools: [{ name: "look" }] })));
    expect(findEnd(events)).toMatchObject({
      reason: "error",
      error: { code: "upstream_protocol", retry: false },
    });
    expect(findEnd(events).error?.message).toContain(`gateway.limits.${limit}`);
    expect(state.isStopped).toBe(true);
    expect(state.emitted).toBeLessThan(20);
  });
});

test("an answer of exactly the limit is complete, counted in bytes of UTF-8", async () => {
  const run = (text: string): Promise<readonly RunEvent[]> => {
    const model: ModelStream = async function* once() {
      yield { type: "text", text };
      yield { type: "finish", reason: "stop" };
    };
    return collectEvents(
      createTestRunner(undefined, undefined, { maxAnswerBytes: 8 }).runAgent(createTestRun({ model })),
    );
  };
  expect(findEnd(await run("ünfünf")).reason).toBe("stop");
  expect(findEnd(await run("ünfünff")).reason).toBe("error");
});

test("each step has the whole limit, and 0 is none", async () => {
  const { model } = createEndlessModel((index) => [
    { type: "text", text: kilobyte },
    ...(index === 99 ? [{ type: "finish", reason: "stop" } as const] : []),
  ]);
  const events = await collectEvents(createTestRunner().runAgent(createTestRun({ model })));
  expect(findEnd(events).reason).toBe("stop");
  expect(joinText(events)).toHaveLength(100_000);
});

test("what arrived before the limit is stored as a turn that was cut", async () => {
  const stored: Turn[] = [];
  const journal = {
    add: (turn: Turn) => Promise.resolve(void stored.push(turn)),
    replace: () => Promise.resolve(),
  };
  const { model } = createEndlessModel(() => [{ type: "text", text: kilobyte }]);
  const { runAgent } = createTestRunner(undefined, undefined, { maxAnswerBytes: 10_000 });
  await collectEvents(runAgent(createTestRun({ model, journal })));
  expect(stored).toMatchObject([{ role: "assistant", cut: "error" }]);
  expect(readText(stored[0]).length).toBe(10_000);
});

test("the provider's socket is closed", async () => {
  await using provider = await startScriptedProvider();
  const frames = `data: ${JSON.stringify(completionChunk({ content: kilobyte }))}\n\n`;
  const steps = function* (): Generator<string> {
    for (let index = 0; index < 100_000; index += 1) yield frames;
  };
  provider.script({ headers: { "content-type": "text/event-stream" }, steps: steps() });
  const run = createTestRun({ model: async function* unused() {} });
  const { pushRun } = createTestRunner(undefined, undefined, { maxAnswerBytes: 100_000 });
  const events: RunEvent[] = [];
  const models = [{ ref: "test/0", call: createPushedModel(provider.baseUrl) }];
  await pushRun({ ...run, models }, { emit: (event) => void events.push(event) });
  expect(findEnd(events).error?.message).toContain("gateway.limits.maxAnswerBytes");
  await provider.requests()[0]?.closed;
});

test("over HTTP: a stream ends with an error event, a whole reply is 502, and the next request is answered", async () => {
  let isEndless = true;
  const endless = createEndlessModel(() => [{ type: "text", text: kilobyte }]).model;
  const model: ModelStream = async function* first(call, signal) {
    if (isEndless) yield* endless(call, signal);
    yield { type: "text", text: "hi" };
    yield { type: "finish", reason: "stop" };
  };
  const gateway = await startTestGateway({
    model,
    config: { gateway: { ...chatConfig.gateway, limits: { maxAnswerBytes: 50_000 } } },
  });
  const post = (stream: boolean): Promise<Response> =>
    postChat(gateway.url, createChatBody("go", { stream }));
  const unstreamed = await post(false);
  expect(unstreamed.status).toBe(502);
  expect(await unstreamed.json()).toMatchObject({ error: { code: "upstream_protocol" } });
  const text = await (await post(true)).text();
  expect(text).toContain('"code":"upstream_protocol"');
  expect(text).not.toContain("[DONE]");
  isEndless = false;
  expect((await post(false)).status).toBe(200);
});
