/** Clients that count only events as signs of life: the state of a response is repeated while its run is silent. */
import OpenAI from "openai";
import { expect, test } from "vitest";
import { responsesConfig, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createGatedModel, finishEvent } from "../support/providers/scripted-model.ts";

const isState = ({ type }: { readonly type: string }): boolean => type === "response.in_progress";

test("a silent run repeats response.in_progress, with consecutive numbers", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const { url } = await startTestGateway({
    config: responsesConfig,
    model,
    streamTimes: { repeatStateMs: 100 },
  });
  const { responses } = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 });
  const events: { readonly type: string; readonly sequence_number: number }[] = [];
  const stream = responses.stream({ model: "openclaw", input: "hi" });
  stream.on("event", (event) => void events.push(event));
  await waitForCall();
  emit({ type: "text", text: "half " });
  await expect.poll(() => events.filter(isState).length).toBeGreaterThanOrEqual(3);
  emit({ type: "text", text: "whole" });
  emit(finishEvent);
  const response = await stream.finalResponse();
  expect(response.output_text).toBe("half whole");
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
  // Repeated in the middle of the message, too.
  const types = events.map(({ type }) => type);
  expect(types.lastIndexOf("response.in_progress")).toBeGreaterThan(
    types.indexOf("response.output_text.delta"),
  );
});

test("a background response has the repeated states in its event log", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const { url } = await startTestGateway({
    config: responsesConfig,
    model,
    streamTimes: { repeatStateMs: 100 },
  });
  const { responses } = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 });
  const stream = await responses.create({ model: "openclaw", input: "hi", background: true, stream: true });
  const seen: [string, number][] = [];
  let id = "";
  void waitForCall().then(() => emit({ type: "text", text: "half" }));
  for await (const event of stream) {
    seen.push([event.type, event.sequence_number]);
    if (event.type === "response.created") ({ id } = event.response);
    if (seen.filter(([type]) => type === "response.in_progress").length === 3) emit(finishEvent);
  }
  expect(seen.map(([, number]) => number)).toEqual(seen.map((_, index) => index));
  const replayed = [];
  for await (const event of await responses.retrieve(id, { stream: true }))
    replayed.push([event.type, event.sequence_number]);
  expect(replayed).toEqual(seen);
});

test("a response that waits for its session begins, is stored, and repeats its state", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const { url } = await startTestGateway({
    config: responsesConfig,
    model,
    streamTimes: { repeatStateMs: 100 },
  });
  const { responses } = new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: token,
    maxRetries: 0,
    defaultHeaders: { "x-openclaw-session-key": "one" },
  });
  const first = responses.create({ model: "openclaw", input: "first" });
  await waitForCall();
  const events: { readonly type: string; readonly sequence_number: number }[] = [];
  let id = "";
  const second = responses.stream({ model: "openclaw", input: "second" });
  second.on("event", (event) => {
    events.push(event);
    if (event.type === "response.created") ({ id } = event.response);
  });
  await expect.poll(() => events.filter(isState).length).toBeGreaterThanOrEqual(3);
  expect(await responses.retrieve(id)).toMatchObject({ status: "in_progress" });
  emit({ type: "text", text: "one" });
  emit(finishEvent);
  expect((await first).output_text).toBe("one");
  await waitForCall();
  emit({ type: "text", text: "two" });
  emit(finishEvent);
  const response = await second.finalResponse();
  expect(response.output_text).toBe("two");
  expect(await responses.retrieve(id)).toMatchObject({ status: "completed", output_text: "two" });
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
});
