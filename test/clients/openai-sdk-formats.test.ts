import type OpenAI from "openai";
import { ContentFilterFinishReasonError, LengthFinishReasonError } from "openai/core/error";
import { zodResponseFormat } from "openai/helpers/zod";
import { expect, test } from "vitest";
import { z } from "zod";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { createOpenAIClient, chatRequest } from "../support/clients/openai-client.ts";

const Forecast = z.object({
  city: z.string(),
  sky: z.enum(["clear", "cloudy"]),
  degrees: z.array(z.number().min(-90).max(60)).min(2),
  wind: z.object({ knots: z.int().min(3) }).nullable(),
});
const response_format = zodResponseFormat(Forecast, "forecast");

/** The built-in model answers a schema with its smallest value. */
const completions = async (): Promise<OpenAI["chat"]["completions"]> =>
  createOpenAIClient(await startTestGateway()).chat.completions;

test("a reply in a JSON schema's format is parsed", async () => {
  const completion = await (await completions()).parse({ ...chatRequest("say Paris"), response_format });
  const message = completion.choices[0]?.message;

  expect(message?.parsed).toEqual({ city: "Paris", sky: "clear", degrees: [0, 0], wind: { knots: 3 } });
  expect(message?.content).toBe(JSON.stringify(message?.parsed));
});

test("a streamed reply in a JSON schema's format is parsed", async () => {
  const stream = (await completions()).stream({ ...chatRequest("say Paris"), response_format });
  const done = new Promise((resolve) => stream.on("content.done", ({ parsed }) => resolve(parsed)));
  const completion = await stream.finalChatCompletion();

  expect(completion.choices[0]?.message.parsed).toMatchObject({ city: "Paris", sky: "clear" });
  expect(await done).toEqual(completion.choices[0]?.message.parsed);
});

test("a JSON object can be requested without a schema", async () => {
  const completion = await (
    await completions()
  ).create({
    ...chatRequest('say {"a": 1}'),
    response_format: { type: "json_object" },
  });
  expect(JSON.parse(completion.choices[0]?.message.content ?? "")).toEqual({ a: 1 });
});

test("a refusal has no content and nothing is parsed", async () => {
  const chat = await completions();
  const unstreamed = await chat.parse({ ...chatRequest("/refuse No."), response_format });
  const streamed = await chat
    .stream({ ...chatRequest("/refuse No."), response_format })
    .finalChatCompletion();

  for (const { choices } of [unstreamed, streamed]) {
    expect(choices[0]).toMatchObject({ finish_reason: "stop", message: { refusal: "No.", parsed: null } });
  }
  expect(unstreamed.choices[0]?.message.content).toBeNull();
});

test("a reply that the token limit cuts is an error and is not parsed", async () => {
  const chat = await completions();
  const body = { ...chatRequest("say Paris"), response_format, max_completion_tokens: 2 };

  await expect(chat.parse(body)).rejects.toBeInstanceOf(LengthFinishReasonError);
  await expect(chat.stream(body).finalChatCompletion()).rejects.toBeInstanceOf(LengthFinishReasonError);
});

test("a reply that a content filter cuts is an error and is not parsed", async () => {
  const chat = await completions();
  const body = { ...chatRequest("/filter Paris"), response_format };

  await expect(chat.parse(body)).rejects.toBeInstanceOf(ContentFilterFinishReasonError);
  await expect(chat.stream(body).finalChatCompletion()).rejects.toBeInstanceOf(
    ContentFilterFinishReasonError,
  );
});

test("the deprecated token limit and stop sequences work", async () => {
  const chat = await completions();
  const short = await chat.create({ ...chatRequest("/length 100"), max_tokens: 3 });
  const stopped = await chat.create({ ...chatRequest("/length 100"), stop: [" 5"] });

  expect(short.choices[0]).toMatchObject({ finish_reason: "length", message: { content: "1 2 3" } });
  expect(stopped.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "1 2 3 4" } });
});
