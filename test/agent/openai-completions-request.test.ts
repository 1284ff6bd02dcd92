/** Requests to a server of the Chat Completions API. */
import { expect, test } from "vitest";
import { getDefaultCompat, type Compat } from "../../server/agent/models/openai-completions/compat.ts";
import type { OpenaiCompletionsOptions } from "../../server/agent/models/openai-completions/provider.ts";
import type { ModelCall } from "../../server/agent/types.ts";
import {
  apiKey,
  createModelCall,
  collectModelError,
  collectModelEvents,
  createCompletionsModel,
} from "../support/providers/openai-completions.ts";
import {
  completionChunk,
  sseFrames,
  startScriptedProvider,
  sseResponse,
  type ReceivedRequest,
} from "../support/providers/scripted-provider.ts";
import { modelTurn } from "../support/runs/turns.ts";

const openai = getDefaultCompat("https://api.openai.com/v1");
const answer = sseResponse(sseFrames(completionChunk({ content: "ok" }, "stop")));

async function captureRequest(
  call: Partial<ModelCall>,
  settings: Partial<OpenaiCompletionsOptions> = {},
): Promise<ReceivedRequest> {
  await using provider = await startScriptedProvider();
  provider.script(answer);
  await collectModelEvents(createCompletionsModel(provider.baseUrl, settings), createModelCall(call));
  const [request] = provider.requests();
  if (request === undefined) throw new Error("Nothing was sent.");
  return request;
}

const bodyOf = async (call: Partial<ModelCall>, compat?: Compat): Promise<unknown> =>
  (await captureRequest(call, compat === undefined ? {} : { compat })).body;

test("a call is posted to chat/completions with the key as a bearer token", async () => {
  const { method, path, headers } = await captureRequest({});
  expect({ method, path }).toEqual({ method: "POST", path: "/v1/chat/completions" });
  expect(headers).toMatchObject({ authorization: `Bearer ${apiKey}`, "content-type": "application/json" });
});

test("configured headers win, regardless of case, and a provider without a key gets none", async () => {
  const { headers } = await captureRequest({}, { headers: { Authorization: "Key abc", "X-Title": "t" } });
  expect(headers).toMatchObject({ authorization: "Key abc", "x-title": "t" });
  expect((await captureRequest({}, { apiKey: undefined })).headers).not.toHaveProperty("authorization");
});

test("a query in the base URL is kept after the path", async () => {
  await using provider = await startScriptedProvider();
  provider.script(answer);
  await collectModelEvents(createCompletionsModel(`${provider.baseUrl}/?api-version=1`));
  expect(provider.requests()[0]?.path).toBe("/v1/chat/completions?api-version=1");
});

test("a plain call has no optional fields", async () => {
  expect(await bodyOf({})).toEqual({
    model: "model-1",
    messages: [{ role: "user", content: "hello" }],
    stream: true,
    stream_options: { include_usage: true },
  });
  expect(await bodyOf({ stream: false })).not.toHaveProperty("stream_options");
  expect(await bodyOf({}, { ...openai, supportsUsageInStreaming: false })).not.toHaveProperty(
    "stream_options",
  );
});

test("system text comes first, with the role developer if the server supports it", async () => {
  const call = { system: "Be brief." };
  const user = { role: "user", content: "hello" };
  expect(await bodyOf(call)).toMatchObject({ messages: [{ role: "system", content: "Be brief." }, user] });
  expect(await bodyOf(call, openai)).toMatchObject({
    messages: [{ role: "developer", content: "Be brief." }, user],
  });
});

test("turns become messages: images as data URLs, calls with their results, refusals", async () => {
  const body = await bodyOf({
    turns: [
      {
        role: "user",
        name: "ada",
        content: [
          { type: "text", text: "what is this?" },
          { type: "image", mediaType: "image/png", data: "AAAA", detail: "low" },
        ],
      },
      modelTurn({ thinking: "hm", calls: [{ id: "a", name: "look", arguments: "" }] }),
      { role: "tool", callId: "a", content: [{ type: "text", text: "a cat" }] },
      modelTurn({ text: "A cat." }),
      {
        role: "user",
        content: [
          { type: "text", text: "one" },
          { type: "text", text: "two" },
        ],
      },
      modelTurn({ refusal: "No." }),
    ],
  });
  expect(body).toMatchObject({
    messages: [
      {
        role: "user",
        name: "ada",
        content: [
          { type: "text", text: "what is this?" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AAAA", detail: "low" } },
        ],
      },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "a", type: "function", function: { name: "look", arguments: "{}" } }],
        reasoning_content: "hm",
      },
      { role: "tool", tool_call_id: "a", content: "a cat" },
      { role: "assistant", content: "A cat." },
      { role: "user", content: "one\ntwo" },
      { role: "assistant", content: null, refusal: "No." },
    ],
  });
});

test("arguments that broke off are sent as JSON that has them: servers parse what they get", async () => {
  const written = ['{"at":"Os', '{"at": "Oslo"}', "[1]", " "];
  const calls = written.map((text, index) => ({ id: String(index), name: "look", arguments: text }));
  const results = calls.map(({ id }) => ({ role: "tool", callId: id, content: [] }) as const);
  const { messages } = (await bodyOf({ turns: [modelTurn({ calls }), ...results] })) as {
    messages: readonly { tool_calls?: readonly { function: { arguments: string } }[] }[];
  };
  expect(messages[0]?.tool_calls?.map((call) => call.function.arguments)).toEqual([
    '{"text":"{\\"at\\":\\"Os"}',
    '{"at": "Oslo"}',
    "[1]",
    "{}",
  ]);
});

test("images in tool results follow the last result of the turn, because tool messages are text only", async () => {
  const image = { type: "image", mediaType: "image/png", data: "AAAA" } as const;
  const body = await bodyOf({
    turns: [
      modelTurn({
        calls: [
          { id: "a", name: "shot", arguments: "{}" },
          { id: "b", name: "shot", arguments: "{}" },
        ],
      }),
      { role: "tool", callId: "a", content: [{ type: "text", text: "done" }, image] },
      { role: "tool", callId: "b", content: [image] },
      modelTurn({ text: "Seen." }),
    ],
  });
  const part = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
  expect((body as { messages: unknown[] }).messages.slice(1)).toEqual([
    { role: "tool", tool_call_id: "a", content: "done" },
    { role: "tool", tool_call_id: "b", content: "" },
    { role: "user", content: [part, part] },
    { role: "assistant", content: "Seen." },
  ]);
});

test("tools, tool choice and parallel_tool_calls are sent only if there are tools", async () => {
  const none = await bodyOf({ toolChoice: "required", parallelToolCalls: false });
  for (const field of ["tools", "tool_choice", "parallel_tool_calls"]) expect(none).not.toHaveProperty(field);

  const call = {
    tools: [
      { name: "look", description: "Looks.", parameters: { type: "object" }, strict: true },
      { name: "go" },
    ],
    toolChoice: { name: "look" },
    parallelToolCalls: false,
  };
  const look = { name: "look", description: "Looks.", parameters: { type: "object", properties: {} } };
  const go = { type: "function", function: { name: "go", parameters: { type: "object", properties: {} } } };
  const fields = {
    tool_choice: { type: "function", function: { name: "look" } },
    parallel_tool_calls: false,
  };
  expect(await bodyOf(call, openai)).toMatchObject({
    tools: [{ type: "function", function: { ...look, strict: true } }, go],
    ...fields,
  });
  const other = await bodyOf(call);
  expect(other).toMatchObject(fields);
  expect(other).toHaveProperty("tools", [{ type: "function", function: look }, go]);
  expect(await bodyOf(call, { ...openai, supportsParallelToolCalls: false })).not.toHaveProperty(
    "parallel_tool_calls",
  );
});

test("sampling, limits, stop sequences and effort have the server's field names", async () => {
  const call: Partial<ModelCall> = {
    sampling: {
      temperature: 0,
      topP: 0.5,
      frequencyPenalty: 1,
      presencePenalty: -1,
      seed: 7,
      logitBias: { 5: 1 },
    },
    maxOutputTokens: 9,
    stop: ["END"],
    thinking: "off",
  };
  const fields = {
    temperature: 0,
    top_p: 0.5,
    frequency_penalty: 1,
    presence_penalty: -1,
    seed: 7,
    logit_bias: { 5: 1 },
    stop: ["END"],
  };
  const atOpenai = await bodyOf(call, openai);
  expect(atOpenai).toMatchObject({ ...fields, max_completion_tokens: 9, reasoning_effort: "none" });
  expect(atOpenai).not.toHaveProperty("max_tokens");
  const elsewhere = await bodyOf(call);
  expect(elsewhere).toMatchObject({ ...fields, max_tokens: 9 });
  expect(elsewhere).not.toHaveProperty("reasoning_effort");
  expect(await bodyOf({ thinking: "high" }, openai)).toMatchObject({ reasoning_effort: "high" });
});

test("a response format is sent, or rejected before sending if the server does not support it", async () => {
  const format = { type: "json_schema", name: "n", schema: { type: "object" }, strict: true } as const;
  const json_schema = { name: "n", schema: { type: "object" } };
  expect(await bodyOf({ responseFormat: format })).toHaveProperty("response_format", {
    type: "json_schema",
    json_schema,
  });
  expect(await bodyOf({ responseFormat: format }, openai)).toHaveProperty("response_format", {
    type: "json_schema",
    json_schema: { ...json_schema, strict: true },
  });
  expect(await bodyOf({ responseFormat: { type: "json_object" } })).toHaveProperty("response_format", {
    type: "json_object",
  });

  await using provider = await startScriptedProvider();
  const model = createCompletionsModel(provider.baseUrl, {
    compat: { ...openai, supportsResponseFormat: false },
  });
  const error = await collectModelError(model, createModelCall({ responseFormat: format }));
  expect(error).toMatchObject({ code: "unsupported_value", param: "response_format" });
  expect(provider.requests()).toEqual([]);
});

test("only OpenAI itself is assumed to support everything", () => {
  expect(openai).toEqual({
    supportsDeveloperRole: true,
    supportsUsageInStreaming: true,
    supportsReasoningEffort: true,
    supportsStrictMode: true,
    supportsParallelToolCalls: true,
    supportsResponseFormat: true,
    maxTokensField: "max_completion_tokens",
    thinkingField: "none",
    supportsCallState: false,
    supportsPromptCacheKey: true,
    supportsReferences: true,
  });
  expect(getDefaultCompat("http://api.openai.com.example/v1")).toEqual({
    ...openai,
    supportsDeveloperRole: false,
    supportsReasoningEffort: false,
    supportsStrictMode: false,
    supportsPromptCacheKey: false,
    maxTokensField: "max_tokens",
    thinkingField: "auto",
    supportsCallState: true,
  });
});

test("references in a tool's schema are written out for Google's server, which knows none", async () => {
  const place = { type: "object", properties: { name: { type: "string" } } };
  const parameters = { type: "object", properties: { at: { $ref: "#/$defs/place" } }, $defs: { place } };
  const compat = getDefaultCompat("https://generativelanguage.googleapis.com/v1beta/openai");
  expect(await bodyOf({ tools: [{ name: "look", parameters }] }, compat)).toMatchObject({
    tools: [{ function: { parameters: { type: "object", properties: { at: place } } } }],
  });
  expect(await bodyOf({ tools: [{ name: "look", parameters }] })).toMatchObject({
    tools: [{ function: { parameters } }],
  });
});

test("the key of the prompt cache goes to servers that know it", async () => {
  const promptCache = { key: "k", retention: "24h" };
  expect(await bodyOf({ promptCache }, openai)).toMatchObject({
    prompt_cache_key: "k",
    prompt_cache_retention: "24h",
  });
  expect(await bodyOf({ promptCache })).not.toHaveProperty("prompt_cache_key");
});

test("instructions in the middle of a conversation stay there", async () => {
  const turns = [
    { role: "user", content: [{ type: "text", text: "go" }] },
    { role: "system", content: [{ type: "text", text: "Be brief." }] },
  ] as const;
  const messages = [
    { role: "user", content: "go" },
    { role: "system", content: "Be brief." },
  ];
  expect(await bodyOf({ turns })).toMatchObject({ messages });
});
