/** The providers that are spoken to through a package of the AI SDK, against a scripted server, and their recorded streams. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Agent } from "undici";
import { anthropicMessages } from "../../server/agent/models/ai-sdk/anthropic-messages.ts";
import { googleGenerativeAi } from "../../server/agent/models/ai-sdk/google-generative-ai.ts";
import { openaiResponses } from "../../server/agent/models/ai-sdk/openai-responses.ts";
import { aiSdkProvider, type AiSdkSettings } from "../../server/agent/models/ai-sdk/provider.ts";
import { createStep } from "../../server/agent/step.ts";
import type { Model, ModelCall, Turn } from "../../server/agent/types.ts";
import { randomId } from "../../server/ids.ts";
import { packageRoot } from "../../server/package.ts";
import { apiKey, callOf, eventsOf } from "./openai-completions.ts";
import { testRun } from "./runs.ts";
import { startScriptedProvider, streamed, type ReceivedRequest } from "./scripted-provider.ts";

const apis = {
  "openai-responses": openaiResponses,
  "anthropic-messages": anthropicMessages,
  "google-generative-ai": googleGenerativeAi,
} as const;
export type ApiName = keyof typeof apis;
export const apiNames = Object.keys(apis) as readonly ApiName[];

/** With time limits that no test reaches by accident. */
export function modelOf(
  api: ApiName,
  baseUrl: string,
  modelId: string,
  settings: Partial<AiSdkSettings> = {},
): Model {
  const all = { baseUrl, apiKey, headers: {}, firstByteMs: 60_000, silenceMs: 60_000, ...settings };
  return aiSdkProvider(apis[api], all, new Agent({ headersTimeout: 0, bodyTimeout: 0 }))(modelId);
}

/** Bytes of a stream as the provider sends them. */
export const recorded = (api: ApiName, name: string): string =>
  readFileSync(join(packageRoot, `test/fixtures/streams/${api}/${name}.sse`), "utf8");

/** What is sent of the call to a server that gives a right answer; only what the test names is compared. */
export async function sentTo(
  api: ApiName,
  modelId: string,
  call: Partial<ModelCall>,
  settings: Partial<AiSdkSettings> = {},
): Promise<ReceivedRequest & { readonly body: Readonly<Record<string, unknown>> }> {
  await using provider = await startScriptedProvider();
  provider.script(streamed(recorded(api, "text")));
  await eventsOf(modelOf(api, provider.baseUrl, modelId, settings), callOf(call));
  const [request] = provider.requests();
  if (request === undefined) throw new Error("Nothing was sent.");
  return { ...request, body: request.body as Readonly<Record<string, unknown>> };
}

/** What is sent in the second step of a run whose first step was recorded, to the model with that id. */
export async function sentAfter(
  api: ApiName,
  name: string,
  modelId: string,
  nextId: string = modelId,
): Promise<Readonly<Record<string, unknown>>> {
  await using provider = await startScriptedProvider();
  provider.script(streamed(recorded(api, name)), streamed(recorded(api, "text")));
  const turns: Turn[] = [{ role: "user", content: [{ type: "text", text: "hello" }] }];
  const tools = [{ name: "look" }, { name: "walk" }];
  const run = testRun({ model: () => (async function* () {})(), tools, turns });
  const step = createStep(run, new Set(), randomId);
  const call = { turns, tools, thinking: "high" } as const;
  for (const event of await eventsOf(modelOf(api, provider.baseUrl, modelId), callOf(call))) step.take(event);
  const turn = step.turn();
  if (turn === undefined) throw new Error("The first step said nothing.");
  const results = turn.calls.map(({ id }): Turn => ({
    role: "tool",
    callId: id,
    content: [{ type: "text", text: "done" }],
  }));
  // Kept as JSON in between, as the store does.
  const stored = JSON.parse(JSON.stringify([...turns, turn, ...results])) as readonly Turn[];
  await eventsOf(modelOf(api, provider.baseUrl, nextId), callOf({ ...call, turns: stored }));
  return provider.requests()[1]?.body as Readonly<Record<string, unknown>>;
}
