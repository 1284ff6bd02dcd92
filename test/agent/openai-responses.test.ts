/** Requests to OpenAI's Responses API. */
import { expect, test } from "vitest";
import type { ModelCall } from "../../server/agent/types.ts";
import { captureSecondRequest, captureRequest } from "../support/providers/ai-sdk.ts";
import { apiKey } from "../support/providers/openai-completions.ts";
import { modelTurn } from "../support/runs/turns.ts";

const api = "openai-responses";
const bodyOf = async (call: Partial<ModelCall>, model = "gpt-4.1") =>
  (await captureRequest(api, model, call)).body;
const image = { type: "image", mediaType: "image/png", data: "iVBORw0KGgo=", detail: "low" } as const;
const inputImage = {
  type: "input_image",
  image_url: "data:image/png;base64,iVBORw0KGgo=",
  detail: "low",
};

test("a call is posted to /responses with the key as a bearer token and store: false", async () => {
  const { method, path, headers, body } = await captureRequest(api, "gpt-4.1", {});
  expect({ method, path }).toEqual({ method: "POST", path: "/v1/responses" });
  expect(headers).toMatchObject({ authorization: `Bearer ${apiKey}`, "content-type": "application/json" });
  expect(body).toEqual({
    model: "gpt-4.1",
    input: [{ role: "user", content: [{ type: "input_text", text: "hello" }] }],
    store: false,
    stream: true,
  });
});

test("turns become items: images as data URLs, calls and their results by id, refusals as text", async () => {
  const { input } = await bodyOf({
    system: "Be brief.",
    turns: [
      { role: "user", content: [{ type: "text", text: "what is this?" }, image] },
      modelTurn({
        text: "I look.",
        thinking: "hm",
        calls: [{ id: "a b", name: "look", arguments: "" }],
      }),
      { role: "tool", callId: "a b", content: [{ type: "text", text: "a cat" }, image] },
      modelTurn({ refusal: "No." }),
      { role: "user", content: [{ type: "text", text: "" }] },
    ],
  });
  const id = expect.stringMatching(/^call_[0-9a-f]{40}$/) as string;
  expect(input).toEqual([
    { role: "system", content: "Be brief." },
    { role: "user", content: [{ type: "input_text", text: "what is this?" }, inputImage] },
    { role: "assistant", content: "I look." },
    { type: "function_call", call_id: id, name: "look", arguments: "{}" },
    {
      type: "function_call_output",
      call_id: id,
      output: [{ type: "input_text", text: "a cat" }, inputImage],
    },
    { role: "assistant", content: "No." },
    { role: "user", content: [{ type: "input_text", text: "(no text)" }] },
  ]);
});

test("tools, tool choice and disabled parallel calls", async () => {
  const look = { name: "look", description: "Looks.", parameters: { type: "object" }, strict: true };
  const body = await bodyOf({
    tools: [look, { name: "go" }],
    toolChoice: { name: "look" },
    parallelToolCalls: false,
  });
  expect(body).toMatchObject({
    tools: [
      { type: "function", ...look },
      { type: "function", name: "go", parameters: { type: "object", properties: {} } },
    ],
    tool_choice: { type: "function", name: "look" },
    parallel_tool_calls: false,
  });
  for (const choice of ["auto", "none", "required"] as const) {
    expect(await bodyOf({ tools: [{ name: "go" }], toolChoice: choice })).toMatchObject({
      tool_choice: choice,
    });
  }
  expect(await bodyOf({ tools: [{ name: "go" }] })).not.toHaveProperty("parallel_tool_calls");
  expect(await bodyOf({ toolChoice: "none", parallelToolCalls: false })).not.toHaveProperty("tool_choice");
});

test("the response format is text.format", async () => {
  const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
  const format = { type: "json_schema", name: "answer", schema } as const;
  expect(await bodyOf({ responseFormat: { type: "json_object" } })).toMatchObject({
    text: { format: { type: "json_object" } },
  });
  expect(await bodyOf({ responseFormat: { ...format, strict: true, description: "d" } })).toMatchObject({
    text: { format: { type: "json_schema", name: "answer", strict: true, description: "d", schema } },
  });
  expect(await bodyOf({ responseFormat: format })).toMatchObject({ text: { format: { strict: false } } });
});

test("limits and sampling are sent to models that accept them, and dropped for others", async () => {
  const call: Partial<ModelCall> = {
    sampling: {
      temperature: 0,
      topP: 0.5,
      frequencyPenalty: 1,
      presencePenalty: -1,
      seed: 7,
      logitBias: { 5: 1 },
    },
    maxOutputTokens: 16,
  };
  expect(await bodyOf(call)).toMatchObject({ temperature: 0, top_p: 0.5, max_output_tokens: 16 });
  const thinking = await bodyOf(call, "gpt-5");
  expect(thinking).toMatchObject({ max_output_tokens: 16 });
  for (const field of ["temperature", "top_p", "seed", "frequency_penalty", "logit_bias"]) {
    expect(thinking).not.toHaveProperty(field);
  }
});

test.for([
  ["gpt-5.2", "off", { effort: "none" }],
  ["gpt-5.2", "low", { effort: "low", summary: "auto" }],
  ["gpt-5.2", "high", { effort: "high", summary: "auto" }],
  ["gpt-5", "minimal", { effort: "minimal", summary: "auto" }],
  ["gpt-5", "max", { effort: "high", summary: "auto" }],
  ["openai/gpt-5.2", "low", { effort: "low", summary: "auto" }],
  ["gpt-oss:20b", "medium", { effort: "medium", summary: "auto" }],
] as const)("%s thinks at level %s", async ([model, thinking, reasoning]) => {
  const body = await bodyOf({ thinking }, model);
  expect(body).toMatchObject({ reasoning });
  expect(body["include"]).toEqual(["reasoning.encrypted_content"]);
});

test("a model without reasoning gets no reasoning fields", async () => {
  for (const model of ["gpt-4o", "gpt-5-chat-latest", "llama3.2", "openai/gpt-5-chat"]) {
    expect(await bodyOf({ thinking: "high" }, model)).not.toHaveProperty("reasoning");
  }
});

test("encrypted thinking is sent back with the results of the calls that it led to", async () => {
  const { input } = await captureSecondRequest(api, "parallel-calls", "gpt-5.2");
  expect(input).toEqual([
    { role: "user", content: [{ type: "input_text", text: "hello" }] },
    {
      type: "reasoning",
      id: "rs_00",
      encrypted_content: "gAAAAA-final",
      summary: [{ type: "summary_text", text: "Two looks." }],
    },
    { role: "assistant", content: "I look." },
    { type: "function_call", call_id: "call_a1", name: "look", arguments: '{"at":"世界"}' },
    { type: "function_call", call_id: "call_a2", name: "walk", arguments: "{}" },
    { type: "function_call_output", call_id: "call_a1", output: "done" },
    { type: "function_call_output", call_id: "call_a2", output: "done" },
  ]);
});

test("each reasoning summary stays separate, and the phase of a message is kept", async () => {
  const { input } = await captureSecondRequest(api, "thinking", "gpt-5.2");
  expect(input).toMatchObject([
    { role: "user" },
    { type: "reasoning", summary: [{ text: "Zuerst überlegen." }, { text: "Dann reden." }] },
    { role: "assistant", content: "Eine Katze.", phase: "final_answer" },
  ]);
});

test("thinking is not sent to another model", async () => {
  const body = await captureSecondRequest(api, "parallel-calls", "gpt-5.2", "gpt-5");
  expect(JSON.stringify(body)).not.toMatch(/gAAAAA|Two looks|rs_00/);
  expect(body["input"]).toHaveLength(6);
});

test("the key of the prompt cache and its retention are sent", async () => {
  const { body } = await captureRequest("openai-responses", "gpt-5.5", {
    promptCache: { key: "k", retention: "24h" },
  });
  expect(body).toMatchObject({ prompt_cache_key: "k", prompt_cache_retention: "24h" });
  const { body: without } = await captureRequest("openai-responses", "gpt-5.5", { promptCache: {} });
  expect(without).not.toHaveProperty("prompt_cache_key");
});
