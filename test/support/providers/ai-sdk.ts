/** Runs AI SDK providers against a scripted server and recorded streams. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Agent } from "undici";
import { anthropicMessages } from "../../../server/agent/models/ai-sdk/anthropic-messages.ts";
import { googleGenerativeAi } from "../../../server/agent/models/ai-sdk/google-generative-ai.ts";
import { openaiResponses } from "../../../server/agent/models/ai-sdk/openai-responses.ts";
import { createAiSdkProvider, type AiSdkOptions } from "../../../server/agent/models/ai-sdk/provider.ts";
import { createStep } from "../../../server/agent/step.ts";
import type { ModelCall, ModelEvent, ModelStream, Turn } from "../../../server/agent/types.ts";
import { randomId } from "../../../server/lib/ids.ts";
import { packageRoot } from "../../../server/lib/package.ts";
import { apiKey, createModelCall, collectModelEvents } from "./openai-completions.ts";
import { createTestRun, noLimits } from "../runs/runs.ts";
import {
  startScriptedProvider,
  sseResponse,
  type ReceivedRequest,
  type ScriptedResponse,
} from "./scripted-provider.ts";
import { getCalls } from "../../../server/agent/parts.ts";

const apis = {
  "openai-responses": openaiResponses,
  "anthropic-messages": anthropicMessages,
  "google-generative-ai": googleGenerativeAi,
} as const;
export type ApiName = keyof typeof apis;
export const apiNames = Object.keys(apis) as readonly ApiName[];

/** The time limits are so long that no test reaches them by accident. */
export function createApiModel(
  api: ApiName,
  baseUrl: string,
  modelId: string,
  settings: Partial<AiSdkOptions> = {},
): ModelStream {
  const allSettings = {
    name: "provider-1",
    baseUrl,
    apiKey,
    headers: {},
    firstByteMs: 60_000,
    silenceMs: 60_000,
    ...settings,
  };
  return createAiSdkProvider(
    apis[api],
    allSettings,
    new Agent({ headersTimeout: 0, bodyTimeout: 0 }),
  )(modelId).stream;
}

/** Reads the recorded bytes of a provider's stream. */
export const readRecordedStream = (api: ApiName, name: string): string =>
  readFileSync(join(packageRoot, `test/fixtures/streams/${api}/${name}.sse`), "utf8");

/** Resolves to the request that a call sends to the provider. */
export async function captureRequest(
  api: ApiName,
  modelId: string,
  call: Partial<ModelCall>,
  settings: Partial<AiSdkOptions> = {},
): Promise<ReceivedRequest & { readonly body: Readonly<Record<string, unknown>> }> {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(readRecordedStream(api, "text")));
  await collectModelEvents(createApiModel(api, provider.baseUrl, modelId, settings), createModelCall(call));
  const [request] = provider.requests();
  if (request === undefined) throw new Error("No request was sent.");
  return { ...request, body: request.body as Readonly<Record<string, unknown>> };
}

/** Resolves to the body that the second step of a run sends to the model `nextId`, after a recorded first step. */
export const captureSecondRequest = (
  api: ApiName,
  name: string,
  modelId: string,
  nextId: string = modelId,
): Promise<Readonly<Record<string, unknown>>> =>
  captureRequestAfter(api, readRecordedStream(api, name), modelId, nextId);

/** Resolves to the body that the second step of a run sends, after a first step with this stream. */
export async function captureRequestAfter(
  api: ApiName,
  stream: string,
  modelId: string,
  nextId: string = modelId,
): Promise<Readonly<Record<string, unknown>>> {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(stream), sseResponse(readRecordedStream(api, "text")));
  const turns: Turn[] = [{ role: "user", content: [{ type: "text", text: "hello" }] }];
  const tools = [{ name: "look" }, { name: "walk" }];
  const run = createTestRun({ model: () => (async function* () {})(), tools, turns });
  const step = createStep(run, [], randomId, noLimits);
  const call = { turns, tools, thinking: "high" } as const;
  for (const event of await collectModelEvents(
    createApiModel(api, provider.baseUrl, modelId),
    createModelCall(call),
  ))
    step.push(event);
  const turn = step.toTurn();
  if (turn === undefined) throw new Error("The first step has no turn.");
  const results = getCalls(turn).map(({ id }): Turn => ({
    role: "tool",
    callId: id,
    content: [{ type: "text", text: "done" }],
  }));
  // The store keeps turns as JSON.
  const stored = JSON.parse(JSON.stringify([...turns, turn, ...results])) as readonly Turn[];
  await collectModelEvents(
    createApiModel(api, provider.baseUrl, nextId),
    createModelCall({ ...call, turns: stored }),
  );
  return provider.requests()[1]?.body as Readonly<Record<string, unknown>>;
}

/** Resolves to the events of a call with one tool that gets this answer, without the states of parts. */
export async function readAnswer(api: ApiName, answer: ScriptedResponse): Promise<readonly ModelEvent[]> {
  await using provider = await startScriptedProvider();
  provider.script(answer);
  const call = createModelCall({ tools: [{ name: "look" }] });
  return (await collectModelEvents(createApiModel(api, provider.baseUrl, "m"), call)).filter(
    ({ type }) => type !== "state" && type !== "tool_call_state",
  );
}

export const joinText = (events: readonly ModelEvent[]): string =>
  events.map((event) => (event.type === "text" ? event.text : "")).join("");
