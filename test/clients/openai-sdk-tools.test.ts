import type OpenAI from "openai";
import { zodFunction } from "openai/helpers/zod";
import { expect, test } from "vitest";
import { z } from "zod";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { createOpenAIClient, chatRequest } from "../support/clients/openai-client.ts";

const Place = z.object({ city: z.string(), unit: z.enum(["celsius", "fahrenheit"]) });
const paris = { city: "Paris", unit: "celsius" };
const weather = zodFunction({
  name: "get_weather",
  parameters: Place,
  function: ({ city, unit }) => `18 degrees ${unit} in ${city}`,
});
const time = zodFunction({ name: "get_time", parameters: z.object({}), function: () => "noon" });
const both = `/tool get_weather ${JSON.stringify(paris)}\n/tool get_time`;
const sql: OpenAI.ChatCompletionCustomTool = {
  type: "custom",
  custom: { name: "run_sql", description: "Runs SQL" },
};

/** The built-in model calls the tools that a message names. */
const completions = async (): Promise<OpenAI["chat"]["completions"]> =>
  createOpenAIClient(await startTestGateway()).chat.completions;

test("a call's arguments are parsed", async () => {
  const chat = await completions();
  const completion = await chat.parse({ ...chatRequest("Use get_weather."), tools: [weather] });

  expect(completion.choices[0]).toMatchObject({
    finish_reason: "tool_calls",
    message: {
      content: null,
      tool_calls: [{ function: { parsed_arguments: { city: "example", unit: "celsius" } } }],
    },
  });
});

test("a streamed call is assembled from its deltas", async () => {
  const stream = (await completions()).stream({
    ...chatRequest(`/tool get_weather ${JSON.stringify(paris)}`),
    tools: [weather],
  });
  const fragments: string[] = [];
  stream.on("tool_calls.function.arguments.delta", ({ arguments_delta }) => fragments.push(arguments_delta));
  const { choices } = await stream.finalChatCompletion();

  expect(fragments.filter((fragment) => fragment !== "").length).toBeGreaterThan(1);
  expect(fragments.join("")).toBe(JSON.stringify(paris));
  expect(choices[0]?.message.tool_calls).toMatchObject([{ function: { parsed_arguments: paris } }]);
});

test("parallel calls have their own indices and ids", async () => {
  const chat = await completions();
  const body = { ...chatRequest(both), tools: [weather, time] };
  const unstreamed = await chat.create(body);
  const streamed = await chat.stream(body).finalChatCompletion();
  const one = await chat.create({ ...body, parallel_tool_calls: false });

  const calls = [
    { id: "call_1", type: "function", function: { name: "get_weather", arguments: JSON.stringify(paris) } },
    { id: "call_2", type: "function", function: { name: "get_time", arguments: "{}" } },
  ];
  expect(unstreamed.choices[0]?.message.tool_calls).toEqual(calls);
  expect(streamed.choices[0]?.message.tool_calls).toMatchObject(calls);
  expect(one.choices[0]?.message.tool_calls).toEqual(calls.slice(0, 1));
});

for (const stream of [false, true]) {
  test(`runTools runs the tools and posts their results${stream ? ", streamed" : ""}`, async () => {
    const chat = await completions();
    const body = { ...chatRequest(both), tools: [weather, time] };
    const runner = stream ? chat.runTools({ ...body, stream }) : chat.runTools(body);

    expect(await runner.finalContent()).toBe(
      "get_weather returned: 18 degrees celsius in Paris\nget_time returned: noon",
    );
    expect(runner.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "tool",
      "assistant",
    ]);
  });
}

test("the model receives results of an earlier turn", async () => {
  const chat = await completions();
  const tools = [weather];
  const firstQuestion = chatRequest("Use get_weather.");
  const first = await chat.create({ ...firstQuestion, tools });
  const message = first.choices[0]?.message;
  const id = message?.tool_calls?.[0]?.id ?? "";
  if (message === undefined) throw new Error("no answer");
  const messages = [
    ...firstQuestion.messages,
    message,
    { role: "tool" as const, tool_call_id: id, content: "rain" },
  ];
  const second = await chat.create({ ...firstQuestion, messages, tools });

  expect(second.choices[0]).toMatchObject({
    finish_reason: "stop",
    message: { content: "get_weather returned: rain" },
  });
});

test("tool_choice forces a call, forbids one, and picks one", async () => {
  const chat = await completions();
  const called = async (tool_choice: OpenAI.ChatCompletionToolChoiceOption): Promise<readonly string[]> => {
    const { choices } = await chat.create({ ...chatRequest("Hello."), tools: [weather, time], tool_choice });
    const calls = choices[0]?.message.tool_calls ?? [];
    return calls.map((call) => (call.type === "function" ? call.function.name : call.custom.name));
  };

  expect(await called("auto")).toEqual([]);
  expect(await called("none")).toEqual([]);
  expect(await called("required")).toEqual(["get_weather"]);
  expect(await called({ type: "function", function: { name: "get_time" } })).toEqual(["get_time"]);
});

test("a custom tool is called with text, streamed or not, and its result is answered", async () => {
  const chat = await completions();
  const body = { ...chatRequest('/tool run_sql {"input": "select 1"}'), tools: [sql] };
  const unstreamed = await chat.create(body);
  const streamed = await chat.stream(body).finalChatCompletion();
  const call = { id: "call_1", type: "custom", custom: { name: "run_sql", input: "select 1" } };

  for (const { choices } of [unstreamed, streamed]) {
    expect(choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { content: null, tool_calls: [call] },
    });
  }
  const message = unstreamed.choices[0]?.message;
  if (message === undefined) throw new Error("no answer");
  const result = { role: "tool" as const, tool_call_id: call.id, content: "1 row" };
  const after = await chat.create({ ...body, messages: [...body.messages, message, result] });
  expect(after.choices[0]?.message.content).toBe("run_sql returned: 1 row");
});
