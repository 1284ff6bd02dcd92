/** Requests to Anthropic's Messages API. */
import { describe, expect, test } from "vitest";
import { anthropicMessages } from "../../server/agent/models/ai-sdk/anthropic-messages.ts";
import type { ModelCall } from "../../server/agent/types.ts";
import { createApiModel, captureSecondRequest, captureRequest } from "../support/providers/ai-sdk.ts";
import { apiKey, createModelCall, collectModelError } from "../support/providers/openai-completions.ts";
import { startScriptedProvider } from "../support/providers/scripted-provider.ts";
import { modelTurn } from "../support/runs/turns.ts";

const api = "anthropic-messages";
const claude = "claude-sonnet-4-6";
const budgetModel = "claude-sonnet-4-0";
const bodyOf = async (call: Partial<ModelCall>, model = claude) =>
  (await captureRequest(api, model, call)).body;
const image = { type: "image", mediaType: "image/png", data: "iVBORw0KGgo=" } as const;
const imageBlock = {
  type: "image",
  source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" },
};
const textPart = (text: string) => ({ type: "text", text }) as const;
const user = (text: string) => ({ role: "user", content: [textPart(text)] }) as const;
const go = { name: "go", parameters: { type: "object" } };
const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
const format = { type: "json_schema", name: "answer", schema } as const;

test("a call is posted to /messages with the key in x-api-key and with the limit that the API requires", async () => {
  const { method, path, headers, body } = await captureRequest(api, claude, {});
  expect({ method, path }).toEqual({ method: "POST", path: "/v1/messages" });
  expect(headers).toMatchObject({ "x-api-key": apiKey, "anthropic-version": "2023-06-01" });
  expect(headers).not.toHaveProperty("authorization");
  expect(body).toEqual({ model: claude, max_tokens: 128_000, messages: [user("hello")], stream: true });
  expect(await bodyOf({}, "other")).toMatchObject({ max_tokens: 8_192 });
  expect(await bodyOf({ maxOutputTokens: 16 })).toMatchObject({ max_tokens: 16 });
});

test("configured headers win over the key's", async () => {
  const headers = { "X-API-Key": "other", Authorization: "Bearer mine" };
  const request = await captureRequest(api, claude, {}, { headers, apiKey: undefined });
  expect(request.headers).toMatchObject({ "x-api-key": "other", authorization: "Bearer mine" });
  expect((await captureRequest(api, claude, {}, { apiKey: undefined })).headers).not.toHaveProperty(
    "x-api-key",
  );
});

test("turns become alternating messages: tool results before the user's next text, images unchanged", async () => {
  const { system, messages } = await bodyOf({
    system: "Be brief.",
    turns: [
      modelTurn({ text: "Hi." }),
      { role: "user", content: [textPart("what is this?"), image] },
      user("and?"),
      modelTurn({
        thinking: "hm",
        calls: [
          { id: "a b", name: "look", arguments: '{"at":1}' },
          { id: "c", name: "go", arguments: "oops" },
        ],
      }),
      { role: "tool", callId: "a b", content: [textPart("a cat"), image] },
      { role: "tool", callId: "c", content: [textPart("done")] },
      user("so?"),
      modelTurn({ text: "" }),
      user(" "),
    ],
  });
  const id = expect.stringMatching(/^call_[0-9a-f]{40}$/) as string;
  expect(system).toEqual([textPart("Be brief.")]);
  expect(messages).toEqual([
    user("(no text)"),
    { role: "assistant", content: [textPart("Hi.")] },
    { role: "user", content: [textPart("what is this?"), imageBlock, textPart("and?")] },
    {
      role: "assistant",
      content: [
        { type: "tool_use", id, name: "look", input: { at: 1 } },
        { type: "tool_use", id: "c", name: "go", input: { text: "oops" } },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: id, content: [textPart("a cat"), imageBlock] },
        { type: "tool_result", tool_use_id: "c", content: "done" },
        textPart("so?"),
        textPart("(no text)"),
      ],
    },
  ]);
});

test("tools, tool choice and disabled parallel calls", async () => {
  const choice = async (toolChoice: ModelCall["toolChoice"], parallelToolCalls = true): Promise<unknown> =>
    (await bodyOf({ tools: [go], toolChoice, parallelToolCalls }))["tool_choice"];
  expect(await choice("auto")).toEqual({ type: "auto" });
  expect(await choice("none")).toEqual({ type: "none" });
  expect(await choice("required")).toEqual({ type: "any" });
  expect(await choice({ name: "go" })).toEqual({ type: "tool", name: "go" });
  expect(await choice("auto", false)).toEqual({ type: "auto", disable_parallel_tool_use: true });
  expect(await bodyOf({ tools: [{ ...go, description: "Goes." }] })).toMatchObject({
    tools: [{ name: "go", description: "Goes.", input_schema: { type: "object" } }],
  });
});

test("tools that were used are defined even when no tool may be called", async () => {
  const turns: ModelCall["turns"] = [
    user("hello"),
    modelTurn({ calls: [{ id: "a", name: "go", arguments: "{}" }] }),
    { role: "tool", callId: "a", content: [textPart("done")] },
  ];
  expect(await bodyOf({ turns, toolChoice: "none" })).toMatchObject({
    tools: [{ name: "go" }],
    tool_choice: { type: "none" },
  });
  expect(await bodyOf({ toolChoice: "none" })).not.toHaveProperty("tools");
});

test("a response format is the API's own where the model supports it, else a forced tool call", async () => {
  expect(await bodyOf({ responseFormat: format })).toMatchObject({
    output_config: { format: { type: "json_schema", schema: { properties: { a: { type: "string" } } } } },
  });
  for (const model of [budgetModel, "other"]) {
    const body = await bodyOf({ responseFormat: format, thinking: "high" }, model);
    const thinking = { type: "disabled" };
    expect(body).toMatchObject({ tools: [{ name: "json" }], tool_choice: { type: "any" }, thinking });
  }
});

test("JSON without a schema is rejected with its param, before anything is sent", async () => {
  await using provider = await startScriptedProvider();
  const call = createModelCall({ responseFormat: { type: "json_object" } });
  const error = await collectModelError(createApiModel(api, provider.baseUrl, claude), call);
  expect(error).toMatchObject({ code: "unsupported_value", param: "response_format" });
  expect(provider.requests()).toEqual([]);
});

test("sampling and stop sequences are sent to models that accept them, and dropped for others", async () => {
  const call: Partial<ModelCall> = { sampling: { temperature: 1.5, seed: 7 }, stop: ["END"] };
  const body = await bodyOf(call, budgetModel);
  expect(body).toMatchObject({ temperature: 1, stop_sequences: ["END"] });
  expect(body).not.toHaveProperty("seed");
  expect(await bodyOf(call, "claude-opus-4-7")).not.toHaveProperty("temperature");
});

describe("thinking", () => {
  test.for([
    [claude, "off", { thinking: { type: "disabled" } }],
    [claude, "low", { thinking: { type: "adaptive" }, output_config: { effort: "low" } }],
    [claude, "max", { thinking: { type: "adaptive" }, output_config: { effort: "max" } }],
    [budgetModel, "minimal", { thinking: { type: "enabled", budget_tokens: 1_280 } }],
    [budgetModel, "high", { thinking: { type: "enabled", budget_tokens: 38_400 } }],
  ] as const)("%s at level %s", async ([model, thinking, fields]) => {
    expect(await bodyOf({ thinking }, model)).toMatchObject(fields);
  });

  test("without a level, no thinking field is sent", async () => {
    expect(await bodyOf({})).not.toHaveProperty("thinking");
  });

  test("is disabled when a call is forced, because the API rejects both together", async () => {
    const forced = await bodyOf({ tools: [go], toolChoice: "required", thinking: "high" }, budgetModel);
    expect(forced).toMatchObject({ tool_choice: { type: "any" }, thinking: { type: "disabled" } });
  });

  test("that led to calls is sent back, signed, with their results", async () => {
    const body = await captureSecondRequest(api, "parallel-calls", claude);
    expect(body).toMatchObject({ thinking: { type: "adaptive" } });
    expect(body["messages"]).toEqual([
      user("hello"),
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Two looks.", signature: "c2lnbmVk" },
          textPart("I look."),
          { type: "tool_use", id: "toolu_01", name: "look", input: { at: "世界" } },
          { type: "tool_use", id: "toolu_02", name: "walk", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_01", content: "done" },
          { type: "tool_result", tool_use_id: "toolu_02", content: "done" },
        ],
      },
    ]);
  });

  test("that the provider redacted is sent back unchanged", async () => {
    const { messages } = await captureSecondRequest(api, "thinking", claude);
    expect(messages).toMatchObject([
      {},
      {
        content: [
          { type: "thinking", thinking: "Zuerst überlegen.", signature: "EqQBCkYIBxgC" },
          { type: "redacted_thinking", data: "EmwKAhgBEgy3" },
          textPart("Eine Katze."),
        ],
      },
    ]);
  });

  test("is not sent to another model, and is disabled for it after calls that are not its own", async () => {
    const body = await captureSecondRequest(api, "parallel-calls", claude, budgetModel);
    expect(JSON.stringify(body)).not.toMatch(/c2lnbmVk|Two looks/);
    expect(body).toMatchObject({ thinking: { type: "disabled" } });
  });
});

test("the prompt of an agent with tools is cached at Anthropic itself only", () => {
  const prepared = (isOfficial: boolean, call: Partial<ModelCall>) =>
    anthropicMessages.adaptCall(createModelCall(call), {
      modelId: claude,
      key: "k",
      isOfficial,
      supportsCustomTools: false,
      supportsPhases: false,
    }).options;
  expect(prepared(true, { tools: [go] })).toMatchObject({ cacheControl: { type: "ephemeral" } });
  expect(prepared(true, {})).not.toHaveProperty("cacheControl");
  expect(prepared(false, { tools: [go] })).not.toHaveProperty("cacheControl");
});

test("later instructions join the message before them, also after results, and errors of tools are marked", async () => {
  const system = { role: "system", content: [textPart("Be brief.")] } as const;
  const { system: first, messages } = await bodyOf({
    turns: [
      user("go"),
      system,
      modelTurn({ calls: [{ id: "a", name: "go", arguments: "{}" }] }),
      { role: "tool", callId: "a", content: [textPart("lost")], isError: true },
      system,
    ],
  });
  expect(first).toBeUndefined();
  expect(messages).toEqual([
    { role: "user", content: [textPart("go"), textPart("Be brief.")] },
    { role: "assistant", content: [{ type: "tool_use", id: "a", name: "go", input: {} }] },
    {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: "a", content: "lost\n\nBe brief.", is_error: true }],
    },
  ]);
});
