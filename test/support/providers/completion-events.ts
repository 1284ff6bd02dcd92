/** Reads scripted answers of the Chat Completions API as model events, and the events that tests expect. */
import type { ModelEvent } from "../../../server/agent/types.ts";
import { collectModelEvents, createCompletionsModel, createModelCall } from "./openai-completions.ts";
import { sseFrames, sseResponse, startScriptedProvider, type ScriptedResponse } from "./scripted-provider.ts";

export const unstreamedCall = createModelCall({ stream: false });

/** With the states of thinking and calls. */
export async function readWithStates(
  answer: ScriptedResponse,
  call = createModelCall(),
): Promise<readonly ModelEvent[]> {
  await using provider = await startScriptedProvider();
  provider.script(answer);
  return await collectModelEvents(createCompletionsModel(provider.baseUrl), call);
}

export async function read(
  answer: ScriptedResponse,
  call = createModelCall(),
): Promise<readonly ModelEvent[]> {
  return (await readWithStates(answer, call)).filter(({ type }) => type !== "state");
}

export const readChunks = (...chunks: readonly unknown[]): Promise<readonly ModelEvent[]> =>
  read(sseResponse(sseFrames(...chunks)));

export const call = (
  index: number | undefined,
  id: string | undefined,
  name?: string,
  args?: unknown,
): object => ({
  tool_calls: [{ index, id, type: "function", function: { name, arguments: args } }],
});

export const finish = { type: "finish", reason: "stop", usage: undefined };
export const finishCalls = { ...finish, reason: "tool_calls" };
export const callEvent = (index: number, id: string, name: string): object => ({
  type: "tool_call",
  index,
  id,
  name,
});
export const argumentsEvent = (index: number, fragment: string): object => ({
  type: "tool_call_arguments",
  index,
  fragment,
});

export const usage = {
  prompt_tokens: 12,
  completion_tokens: 7,
  total_tokens: 19,
  prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
  completion_tokens_details: { reasoning_tokens: 3 },
};
export const expectedUsage = { input: 12, output: 7, cached: 4, cacheWrite: 2, reasoning: 3 };

export const twoCalls = [
  callEvent(0, "a", "look"),
  argumentsEvent(0, "{}"),
  callEvent(1, "b", "go"),
  argumentsEvent(1, "{}"),
  finishCalls,
];
