/** Requests to Google's Gemini API. */
import { expect, test } from "vitest";
import type { ModelCall } from "../../server/agent/types.ts";
import { captureSecondRequest, captureRequest } from "../support/providers/ai-sdk.ts";
import { apiKey } from "../support/providers/openai-completions.ts";
import { modelTurn } from "../support/runs/turns.ts";

const api = "google-generative-ai";
const gemini = "gemini-3-pro-preview";
const olderGemini = "gemini-2.5-flash";
const bodyOf = async (call: Partial<ModelCall>, model = gemini) =>
  (await captureRequest(api, model, call)).body;
const image = { type: "image", mediaType: "image/png", data: "iVBORw0KGgo=" } as const;
const inlineImage = { inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } };
const textPart = (text: string) => ({ type: "text", text }) as const;
const go = { name: "go", description: "Goes.", parameters: { type: "object" } };

test("a call is posted to the model's path with the key in x-goog-api-key, never in the URL", async () => {
  const { method, path, headers, body } = await captureRequest(api, gemini, {});
  expect({ method, path }).toEqual({
    method: "POST",
    path: `/v1/models/${gemini}:streamGenerateContent?alt=sse`,
  });
  expect(headers).toMatchObject({ "x-goog-api-key": apiKey });
  expect(body).toEqual({ contents: [{ role: "user", parts: [{ text: "hello" }] }], generationConfig: {} });
});

test("turns become contents: images unchanged, all results of a turn together", async () => {
  const { systemInstruction, contents } = await bodyOf({
    system: "Be brief.",
    turns: [
      { role: "user", content: [textPart("what is this?"), image] },
      modelTurn({
        text: "I look.",
        thinking: "hm",
        calls: [
          { id: "a", name: "look", arguments: '{"at":1}' },
          { id: "b", name: "go", arguments: "" },
        ],
      }),
      { role: "tool", callId: "a", content: [textPart("a cat"), image] },
      { role: "tool", callId: "b", content: [textPart("done")] },
      modelTurn({ refusal: "No." }),
      { role: "user", content: [] },
    ],
  });
  expect(systemInstruction).toEqual({ parts: [{ text: "Be brief." }] });
  expect(contents).toMatchObject([
    { role: "user", parts: [{ text: "what is this?" }, inlineImage] },
    {
      role: "model",
      parts: [
        { text: "I look." },
        { functionCall: { id: "a", name: "look", args: { at: 1 } } },
        { functionCall: { id: "b", name: "go", args: {} } },
      ],
    },
    {
      role: "user",
      parts: [
        { functionResponse: { id: "a", name: "look", response: { content: "a cat" }, parts: [inlineImage] } },
        { functionResponse: { id: "b", name: "go", response: { content: "done" } } },
      ],
    },
    { role: "model", parts: [{ text: "No." }] },
    { role: "user", parts: [{ text: "(no text)" }] },
  ]);
});

test("tools and tool choice", async () => {
  const choice = async (toolChoice: ModelCall["toolChoice"]): Promise<unknown> =>
    (await bodyOf({ tools: [go], toolChoice }))["toolConfig"];
  expect(await choice("auto")).toEqual({ functionCallingConfig: { mode: "AUTO" } });
  expect(await choice("none")).toEqual({ functionCallingConfig: { mode: "NONE" } });
  expect(await choice("required")).toEqual({ functionCallingConfig: { mode: "ANY" } });
  expect(await choice({ name: "go" })).toEqual({
    functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["go"] },
  });
  expect(await bodyOf({ tools: [go] })).toMatchObject({
    tools: [
      {
        functionDeclarations: [
          { name: "go", description: "Goes.", parametersJsonSchema: { type: "object" } },
        ],
      },
    ],
  });
});

test("response formats, limits, sampling and stop sequences are in generationConfig", async () => {
  const schema = { type: "object", properties: { a: { type: "string" } } };
  const { generationConfig } = await bodyOf({
    responseFormat: { type: "json_schema", name: "answer", schema },
    sampling: {
      temperature: 0,
      topP: 0.5,
      seed: 7,
      frequencyPenalty: 1,
      presencePenalty: 1,
      logitBias: { 5: 1 },
    },
    maxOutputTokens: 16,
    stop: ["END"],
  });
  expect(generationConfig).toEqual({
    responseMimeType: "application/json",
    responseJsonSchema: schema,
    temperature: 0,
    topP: 0.5,
    seed: 7,
    frequencyPenalty: 1,
    presencePenalty: 1,
    maxOutputTokens: 16,
    stopSequences: ["END"],
  });
  expect(await bodyOf({ responseFormat: { type: "json_object" } })).toMatchObject({
    generationConfig: { responseMimeType: "application/json" },
  });
});

test.for([
  [gemini, "low", { thinkingLevel: "low", includeThoughts: true }],
  [gemini, "max", { thinkingLevel: "high", includeThoughts: true }],
  [olderGemini, "off", { thinkingBudget: 0 }],
  [olderGemini, "high", { thinkingBudget: 24_576, includeThoughts: true }],
] as const)("%s thinks at level %s", async ([model, thinking, thinkingConfig]) => {
  expect(await bodyOf({ thinking }, model)).toMatchObject({ generationConfig: { thinkingConfig } });
});

test("signatures are sent back in place, to the model that set them", async () => {
  const { contents } = await captureSecondRequest(api, "parallel-calls", gemini);
  expect(contents).toEqual([
    { role: "user", parts: [{ text: "hello" }] },
    {
      role: "model",
      parts: [
        { text: "Two looks.", thought: true },
        { text: "I look." },
        { functionCall: { id: "fc1", name: "look", args: { at: "世界" } }, thoughtSignature: "AVKzY2FsbA==" },
        { functionCall: { id: "fc2", name: "walk", args: {} } },
      ],
    },
    {
      role: "user",
      parts: [
        { functionResponse: { id: "fc1", name: "look", response: { name: "look", content: "done" } } },
        { functionResponse: { id: "fc2", name: "walk", response: { name: "walk", content: "done" } } },
      ],
    },
  ]);
  const other = await captureSecondRequest(api, "parallel-calls", gemini, olderGemini);
  expect(JSON.stringify(other)).not.toMatch(/AVKzY2FsbA|Two looks/);
});

test("the signature of a text is sent back with it", async () => {
  const { contents } = await captureSecondRequest(api, "thinking", gemini);
  expect(contents).toMatchObject([
    {},
    {
      parts: [
        { text: "Zuerst überlegen.", thought: true },
        { text: "Eine Katze.", thoughtSignature: "AVKzdGV4dA==" },
      ],
    },
  ]);
});
