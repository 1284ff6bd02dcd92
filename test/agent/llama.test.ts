/** Models in this process: the engine's input, the conversion of its output, and its use by one call at a time. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { GenerateOptions, HistoryItem } from "../../server/agent/models/llama/library.ts";
import { createLlamaModel, createLlamaModels } from "../../server/agent/models/llama/provider.ts";
import type { ModelCall } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import { hasLlamaPackage } from "../support/providers/gguf.ts";
import { createEngine, createEngineModel, says } from "../support/providers/llama-engine.ts";
import {
  createModelCall,
  collectModelError,
  collectModelEvents,
} from "../support/providers/openai-completions.ts";
import { modelTurn } from "../support/runs/turns.ts";

const user = (text: string) => ({ role: "user", content: [{ type: "text", text }] }) as const;
const go = {
  name: "go",
  parameters: {
    type: "object",
    properties: { to: { type: "string" }, by: { type: "string" } },
    required: ["to"],
  },
};

/** Returns the engine's input for this call. */
async function captureGeneration(
  call: Partial<ModelCall>,
): Promise<{ history: readonly HistoryItem[]; options: GenerateOptions }> {
  const captured = Promise.withResolvers<{ history: readonly HistoryItem[]; options: GenerateOptions }>();
  const model = createEngineModel((options, history) =>
    Promise.resolve(captured.resolve({ history, options })),
  );
  await collectModelEvents(model, createModelCall(call));
  return captured.promise;
}

describe("answers", () => {
  test("text, thinking and token counts are emitted as they arrive", async () => {
    const model = createEngineModel(async (options) => {
      says(options, "Hm.", "segment");
      says(options, "Hel");
      says(options, "lo");
    });
    expect(await collectModelEvents(model, createModelCall({ turns: [user("say hello")] }))).toEqual([
      { type: "thinking", text: "Hm." },
      { type: "text", text: "Hel" },
      { type: "text", text: "lo" },
      {
        type: "finish",
        reason: "stop",
        usage: { input: 2, output: 3, cached: 0, cacheWrite: 0, reasoning: 1 },
      },
    ]);
  });

  test("calls are emitted complete, without the nulls of absent properties", async () => {
    const model = createEngineModel(async ({ onFunctionCall }) => {
      onFunctionCall?.({ functionName: "go", params: { to: "Rome", by: null } });
      onFunctionCall?.({ functionName: "go", params: { to: "Oslo", by: "sea" } });
    });
    expect(await collectModelEvents(model, createModelCall({ tools: [go] }))).toMatchObject([
      { type: "tool_call", index: 0, name: "go" },
      { type: "tool_call_arguments", index: 0, fragment: '{"to":"Rome"}' },
      { type: "tool_call", index: 1, name: "go" },
      { type: "tool_call_arguments", index: 1, fragment: '{"to":"Oslo","by":"sea"}' },
      { type: "finish", reason: "tool_calls" },
    ]);
  });

  test.for<[string, Partial<ModelCall>, string, object[]]>([
    [
      "a required call",
      { tools: [go, { name: "stay" }], toolChoice: { name: "go" } },
      '{"tool":"go","arguments":{"to":"Rome","by":null}}',
      [{ type: "tool_call", name: "go" }, { fragment: '{"to":"Rome"}' }, { reason: "tool_calls" }],
    ],
    [
      "a format",
      { responseFormat: { type: "json_schema", name: "a", schema: go.parameters } },
      '{"to": "Rome", "by": null}',
      [{ type: "text", text: '{"to":"Rome"}' }, { reason: "stop" }],
    ],
    [
      "a format with tools, as a reply",
      { tools: [go], responseFormat: { type: "json_object" } },
      '{"answer":{"a":1}}',
      [{ type: "text", text: '{"a":1}' }, { reason: "stop" }],
    ],
    [
      "a format with tools, as a call",
      { tools: [go], responseFormat: { type: "json_object" } },
      '{"tool":"go","arguments":{"to":"Rome"}}',
      [{ type: "tool_call", name: "go" }, { fragment: '{"to":"Rome"}' }, { reason: "tool_calls" }],
    ],
    [
      "truncated JSON",
      { responseFormat: { type: "json_object" } },
      '{"a":',
      [{ type: "text", text: '{"a":' }, { reason: "stop" }],
    ],
  ])("%s is constrained by a grammar", async ([, call, text, events]) => {
    const model = createEngineModel(async (options) => {
      expect(options).toHaveProperty("grammar");
      expect(options).not.toHaveProperty("functions");
      says(options, text);
    });
    expect(await collectModelEvents(model, createModelCall(call))).toMatchObject(events);
  });

  test("a reply that reaches its limit is truncated, also at the end of the context", async () => {
    const limits: number[] = [];
    const model = createEngineModel(async ({ maxTokens }) => (limits.push(maxTokens), "maxTokens"));
    for (const call of [{ maxOutputTokens: 7 }, {}]) {
      expect((await collectModelEvents(model, createModelCall(call))).at(-1)).toMatchObject({
        reason: "length",
      });
    }
    expect(limits).toEqual([7, 83]);
  });

  test("a conversation that does not fit is rejected, never silently shortened", async () => {
    const error = await collectModelError(
      createEngineModel(async () => {}),
      createModelCall({ turns: [user("word ".repeat(90))] }),
    );
    expect(error).toMatchObject({ code: "context_length_exceeded" });
    expect(error.message).toContain("this model's context holds 100");
  });

  test("a new image is rejected, and an older one is replaced by a text", async () => {
    const image = { type: "image", mediaType: "image/png", data: "AAAA" } as const;
    const imageCall = createModelCall({ turns: [{ role: "user", content: [image] }] });
    expect(
      await collectModelError(
        createEngineModel(async () => {}),
        imageCall,
      ),
    ).toMatchObject({ code: "unsupported_value" });
    const { history } = await captureGeneration({
      turns: [{ role: "user", content: [image] }, modelTurn({ text: "A cat." }), user("so?")],
    });
    expect(history[0]).toMatchObject({ text: expect.stringContaining("cannot see") as string });
  });

  test("an error of the engine is an upstream error without the engine's text", async () => {
    const error = await collectModelError(createEngineModel(() => Promise.reject(new Error("/secret/path"))));
    expect(error).toMatchObject({ code: "upstream_error" });
    expect(error.message).not.toContain("secret");
  });
});

test("a call and its result are part of the model's reply, which later text continues", async () => {
  const { history, options } = await captureGeneration({
    system: "Be brief.",
    turns: [
      user("hello"),
      modelTurn({ text: "I go.", calls: [{ id: "a", name: "go", arguments: '{"to":"Rome"}' }] }),
      { role: "tool", callId: "a", content: [{ type: "text", text: "done" }] },
    ],
    tools: [go],
    parallelToolCalls: false,
    sampling: { temperature: 0.5, topP: 0.9, seed: 7, presencePenalty: 1 },
    stop: ["END"],
    thinking: "off",
  });
  const call = {
    type: "functionCall",
    name: "go",
    params: { to: "Rome" },
    result: "done",
    startsNewChunk: true,
  };
  expect(history).toEqual([
    { type: "system", text: "Be brief." },
    { type: "user", text: "hello" },
    { type: "model", response: ["I go.", call] },
  ]);
  expect(options).toMatchObject({
    functions: { go: { params: { type: "object" } } },
    maxParallelFunctionCalls: 1,
    temperature: 0.5,
    topP: 0.9,
    seed: 7,
    repeatPenalty: { presencePenalty: 1, frequencyPenalty: 0 },
    customStopTriggers: ["END"],
    budgets: { thoughtTokens: 0 },
  });
});

describe("one engine", () => {
  test("handles one call at a time, in order", async () => {
    const log: string[] = [];
    const model = createEngineModel(async (_, [question]) => {
      const text = question?.type === "user" ? question.text : "";
      log.push(`${text} begins`);
      await sleep(10);
      log.push(`${text} ends`);
    });
    await Promise.all(
      ["a", "b", "c"].map((text) => collectModelEvents(model, createModelCall({ turns: [user(text)] }))),
    );
    expect(log).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });

  test("an abort ends the call at once; the next call waits until the engine has stopped", async () => {
    const stopped = Promise.withResolvers<void>();
    let callCount = 0;
    const model = createEngineModel(async (options) => {
      callCount += 1;
      if (callCount > 1) return;
      says(options, "a");
      await stopped.promise;
    });
    const abort = new AbortController();
    const events = model(createModelCall(), abort.signal)[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({ value: { text: "a" } });
    const next = events.next();
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    const second = collectModelEvents(model);
    await sleep(20);
    expect(callCount).toBe(1);
    stopped.resolve();
    expect((await second).at(-1)).toMatchObject({ type: "finish" });
  });

  test("a call that is aborted while it waits never reaches the engine", async () => {
    const first = Promise.withResolvers<void>();
    let callCount = 0;
    const model = createEngineModel(() => ((callCount += 1), first.promise));
    const running = collectModelEvents(model);
    const abort = new AbortController();
    const waiting = collectModelEvents(model, createModelCall(), abort.signal);
    abort.abort();
    expect(await waiting).toEqual([]);
    first.resolve();
    await running;
    expect(callCount).toBe(1);
  });

  test("a model that could not be loaded is loaded again on the next call", async () => {
    let tries = 0;
    const model = createLlamaModel(() => {
      tries += 1;
      if (tries === 1) return Promise.reject(new GatewayError("upstream_unreachable", "Not yet."));
      return Promise.resolve(createEngine(async () => {}));
    });
    expect(await collectModelError(model)).toMatchObject({ code: "upstream_unreachable" });
    expect((await collectModelEvents(model)).at(-1)).toMatchObject({ type: "finish" });
  });
});

const files = (path: string) =>
  createLlamaModels([{ id: "tiny", path, contextWindow: undefined, gpu: false }])("tiny");

test("the error for a missing file names the setting, not the path", async () => {
  const error = await collectModelError(files("/models/secret.gguf") ?? createEngineModel(async () => {}));
  expect(error).toMatchObject({ code: "upstream_unreachable", retry: false });
  expect(error.message).toBe('The model "tiny" has no readable file; check its "path" in models.providers.');
});

test.skipIf(hasLlamaPackage)(
  "without the package the error says how to install it (skipped where node-llama-cpp is installed)",
  async () => {
    const error = await collectModelError(files(import.meta.filename) ?? createEngineModel(async () => {}));
    expect(error).toMatchObject({ code: "upstream_unreachable", retry: false });
    expect(error.message).toContain("npm install node-llama-cpp");
  },
);
