/** Which stop sequence ended an answer, from the model to the end of the run. */
import { expect, test } from "vitest";
import { getBuiltinModel } from "../../server/agent/models/builtin/builtin-model.ts";
import { withStopSequences } from "../../server/agent/models/stop-sequences.ts";
import type { ModelEvent, ModelStream } from "../../server/agent/types.ts";
import { createApiModel, readRecordedStream } from "../support/providers/ai-sdk.ts";
import {
  collectModelEvents,
  createCompletionsModel,
  createModelCall,
} from "../support/providers/openai-completions.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";
import {
  completionChunk,
  sseFrames,
  sseResponse,
  startScriptedProvider,
} from "../support/providers/scripted-provider.ts";
import { collectEvents, createTestRun, createTestRunner, findEnd, userTurn } from "../support/runs/runs.ts";

const stop = ["END", "STOP"];

async function findStopSequence(model: ModelStream): Promise<string | undefined> {
  const run = createTestRun({ model, stop, turns: [userTurn("say one STOP two END")] });
  return findEnd(await collectEvents(createTestRunner().runAgent(run))).stopSequence;
}

test("the built-in model says so", async () => {
  const builtin = getBuiltinModel("assistant");
  expect(builtin && (await findStopSequence(builtin))).toBe("STOP");
});

test("the gateway finds the first one for models whose API has none", async () => {
  const model = withStopSequences(createScriptedModel([{ text: "a ST" }, { text: "OP b END" }]));
  expect(await findStopSequence(model)).toBe("STOP");
  expect(await findStopSequence(withStopSequences(createScriptedModel([{ text: "a" }])))).toBeUndefined();
});

const lastEvent = async (events: Promise<readonly ModelEvent[]>): Promise<ModelEvent | undefined> =>
  (await events).at(-1);

test.for([
  ["stop_reason", { stop_reason: "STOP" }, "STOP"],
  ["matched_stop", { matched_stop: "STOP" }, "STOP"],
  ["the id of a token", { stop_reason: 128_009 }, undefined],
  ["nothing", {}, undefined],
] as const)("a server of chat completions may say so: %s", async ([, fields, stopSequence]) => {
  await using provider = await startScriptedProvider();
  const choices = [{ index: 0, delta: { content: "a" }, finish_reason: "stop", ...fields }];
  provider.script(sseResponse(sseFrames({ ...completionChunk({}), choices })));
  const event = await lastEvent(
    collectModelEvents(createCompletionsModel(provider.baseUrl), createModelCall({ stop })),
  );
  expect(event).toEqual({
    type: "finish",
    reason: "stop",
    usage: undefined,
    ...(stopSequence && { stopSequence }),
  });
});

test("Anthropic says so", async () => {
  await using provider = await startScriptedProvider();
  const stream = readRecordedStream("anthropic-messages", "text")
    .replace('"end_turn"', '"stop_sequence"')
    .replace('"stop_sequence": null}, "usage"', '"stop_sequence": "STOP"}, "usage"');
  provider.script(sseResponse(stream));
  const model = createApiModel("anthropic-messages", provider.baseUrl, "m");
  expect(await lastEvent(collectModelEvents(model, createModelCall({ stop })))).toMatchObject({
    type: "finish",
    reason: "stop",
    stopSequence: "STOP",
  });
});
