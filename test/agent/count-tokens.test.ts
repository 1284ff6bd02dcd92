/** Providers count the tokens of a call where they can, by the request that they would get. */
import type { LookupFunction } from "node:net";
import { Agent } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { Models } from "../../contracts/config/models.ts";
import { createModelCatalog } from "../../server/agent/models/catalog.ts";
import { googleGenerativeAi } from "../../server/agent/models/ai-sdk/google-generative-ai.ts";
import { openaiResponses } from "../../server/agent/models/ai-sdk/openai-responses.ts";
import { createAiSdkProvider } from "../../server/agent/models/ai-sdk/provider.ts";
import { apiKey, createModelCall } from "../support/providers/openai-completions.ts";
import {
  jsonResponse,
  startScriptedProvider,
  type ScriptedResponse,
} from "../support/providers/scripted-provider.ts";

/** Every name is that of the scripted provider. */
const lookup: LookupFunction = (_name, _options, callback) =>
  callback(null, [{ address: "127.0.0.1", family: 4 }]);

const look = { name: "look", parameters: { type: "object", properties: {} } };
const call = createModelCall({ system: "Be brief.", tools: [look], thinking: "low", maxOutputTokens: 9 });

async function start(api: typeof openaiResponses, host: string, modelId: string, answer: ScriptedResponse) {
  const provider = await startScriptedProvider();
  onTestFinished(() => provider.close());
  provider.script(answer);
  const baseUrl = `http://${host}:${new URL(provider.baseUrl).port}/`;
  const options = { name: "p", baseUrl, apiKey, headers: {}, firstByteMs: 60_000, silenceMs: 60_000 };
  const dispatcher = new Agent({ connect: { lookup } });
  const { countTokens } = createAiSdkProvider(api, options, dispatcher)(modelId);
  return { provider, countTokens };
}

test.for(["api.openai.com", "eu.api.openai.com", "mine.openai.azure.com"])(
  "OpenAI counts at /responses/input_tokens: %s",
  async (host) => {
    const answer = jsonResponse({ object: "response.input_tokens", input_tokens: 4321 });
    const { provider, countTokens } = await start(openaiResponses, host, "gpt-5.5", answer);
    expect(await countTokens?.(call, new AbortController().signal)).toBe(4321);
    const [request] = provider.requests();
    expect(request?.path).toBe("/v1/responses/input_tokens");
    expect(request?.headers.authorization).toBe(`Bearer ${apiKey}`);
    expect(request?.body).toEqual({
      model: "gpt-5.5",
      input: [
        { role: "developer", content: "Be brief." },
        { role: "user", content: [{ type: "input_text", text: "hello" }] },
      ],
      tools: [{ type: "function", strict: false, ...look }],
      tool_choice: "auto",
      reasoning: { effort: "low", summary: "auto" },
    });
  },
);

test.for<readonly [string, string]>([
  ["gemini-3-pro", "models/gemini-3-pro"],
  ["tunedModels/mine", "tunedModels/mine"],
])("Gemini counts at :countTokens: %s", async ([modelId, path]) => {
  const host = "generativelanguage.googleapis.com";
  const answer = jsonResponse({ totalTokens: 77, promptTokensDetails: [] });
  const { provider, countTokens } = await start(googleGenerativeAi, host, modelId, answer);
  expect(await countTokens?.(call, new AbortController().signal)).toBe(77);
  const [request] = provider.requests();
  expect(request?.path).toBe(`/v1beta/${path}:countTokens`);
  expect(request?.headers["x-goog-api-key"]).toBe(apiKey);
  expect(request?.body).toMatchObject({
    generateContentRequest: {
      model: path,
      contents: [{ role: "user", parts: [{ text: "hello" }] }],
      systemInstruction: { parts: [{ text: "Be brief." }] },
      tools: [{ functionDeclarations: [{ name: "look" }] }],
    },
  });
});

test.for([
  ["openai-responses", openaiResponses, "openai.example.com"],
  ["openai-responses", openaiResponses, "evil-api.openai.com.example.com"],
  ["google-generative-ai", googleGenerativeAi, "127.0.0.1"],
] as const)("a compatible server of %s is not asked", async ([, api, host]) => {
  const { provider, countTokens } = await start(api, host, "m", jsonResponse({ input_tokens: 1 }));
  expect(countTokens).toBeUndefined();
  expect(provider.requests()).toEqual([]);
});

test.for<readonly [string, boolean]>([
  ["https://api.openai.com/v1", true],
  ["https://api.deepseek.com/v1", false],
])("chat completions of %s are counted: %s", ([baseUrl, isCounted]) => {
  const { providers } = Models.parse({ providers: { p: { baseUrl, apiKey } } });
  const model = createModelCatalog({ providers }).get("p/m");
  expect(model.countTokens !== undefined).toBe(isCounted);
});

test("a counter that fails gives no number", async () => {
  const { countTokens } = await start(openaiResponses, "api.openai.com", "m", jsonResponse({}, 500));
  expect(await countTokens?.(call, new AbortController().signal)).toBeUndefined();
});
