import type { OpenAI } from "openai";
import { zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import { expect, test } from "vitest";
import { z } from "zod";
import { responsesConfig, startTestGateway } from "../support/gateway/gateway.ts";
import { createOpenAIClient, asInput } from "../support/clients/openai-client.ts";

// The client's tools and formats in `client.responses`, with the built-in model, which calls the tools that a message names.

const Place = z.object({ city: z.string(), unit: z.enum(["celsius", "fahrenheit"]) });
const paris = { city: "Paris", unit: "celsius" as const };
const weather = zodResponsesFunction({ name: "get_weather", parameters: Place });
const time = zodResponsesFunction({ name: "get_time", parameters: z.object({}) });
const sql: OpenAI.Responses.CustomTool = { type: "custom", name: "run_sql", description: "Runs SQL" };
const tools = [weather, time];
const both = `/tool get_weather ${JSON.stringify(paris)}\n/tool get_time`;

const responsesOf = async (): Promise<OpenAI["responses"]> =>
  createOpenAIClient(await startTestGateway({ config: responsesConfig })).responses;

/** Runs the calls of a response and returns their outputs. */
function run(call: OpenAI.Responses.ResponseOutputItem): OpenAI.Responses.ResponseInputItem[] {
  if (call.type !== "function_call") return [];
  const { city, unit = "" } = JSON.parse(call.arguments) as Partial<typeof paris>;
  const output = city === undefined ? "noon" : `18 degrees ${unit} in ${city}`;
  return [{ type: "function_call_output", call_id: call.call_id, output }];
}

test("arguments are parsed, unstreamed and streamed", async () => {
  const responses = await responsesOf();
  const body = { model: "openclaw", input: both, tools };
  const parsed = [
    { type: "function_call", name: "get_weather", status: "completed", parsed_arguments: paris },
    { type: "function_call", name: "get_time", status: "completed", parsed_arguments: {} },
  ];

  expect((await responses.parse(body)).output).toMatchObject(parsed);
  const stream = responses.stream(body);
  const snapshots: string[] = [];
  stream.on("response.function_call_arguments.delta", ({ snapshot }) => snapshots.push(snapshot));
  expect((await stream.finalResponse()).output).toMatchObject(parsed);
  expect(snapshots.length).toBeGreaterThan(2);
  expect(snapshots).toContain(JSON.stringify(paris));
});

for (const store of [true, false]) {
  test(`a loop over tools ends with an answer, ${store ? "by the id of the response before" : "with nothing stored"}`, async () => {
    const responses = await responsesOf();
    let input: OpenAI.Responses.ResponseInputItem[] = [{ role: "user", content: both }];
    let response = await responses.create({ model: "openclaw", input, tools, store });
    let rounds = 1;
    for (let results = response.output.flatMap(run); results.length > 0; rounds += 1) {
      input = store ? results : [...input, ...asInput(response.output), ...results];
      const before = store ? { previous_response_id: response.id } : {};
      response = await responses.create({ model: "openclaw", input, tools, store, ...before });
      results = response.output.flatMap(run);
    }

    expect(rounds).toBe(2);
    expect(response.output_text).toBe(
      "get_weather returned: 18 degrees celsius in Paris\nget_time returned: noon",
    );
  });
}

test("a custom tool is called with text, unstreamed and streamed, and returns text", async () => {
  const responses = await responsesOf();
  const body = { model: "openclaw", input: '/tool run_sql {"input": "select 1"}', tools: [sql] };
  const call = { type: "custom_tool_call", name: "run_sql", input: "select 1" };
  const response = await responses.create(body);
  expect(response.output).toMatchObject([call]);

  const stream = responses.stream(body);
  const inputs: string[] = [];
  stream.on("response.custom_tool_call_input.delta", ({ delta }) => inputs.push(delta));
  expect((await stream.finalResponse()).output).toMatchObject([call]);
  expect(inputs).toEqual(["select 1"]);

  const [item] = response.output;
  const call_id = item?.type === "custom_tool_call" ? item.call_id : "";
  const answer = await responses.create({
    ...body,
    previous_response_id: response.id,
    input: [{ type: "custom_tool_call_output", call_id, output: "1" }],
  });
  expect(answer.output_text).toBe("run_sql returned: 1");
});

test("an output without a call, or for a call of another response, is rejected by name", async () => {
  const responses = await responsesOf();
  const first = await responses.create({ model: "openclaw", input: both, tools });
  const results = first.output.flatMap(run);
  for (const more of [{}, { previous_response_id: (await responses.create({ input: "say hi" })).id }]) {
    const answer = responses.create({ model: "openclaw", input: results, tools, ...more });
    await expect(answer).rejects.toMatchObject({
      status: 400,
      code: "unknown_tool_call_id",
      param: "input[0].call_id",
    });
  }
});

test("tool_choice is enforced and echoed in every form", async () => {
  const responses = await responsesOf();
  const one = { type: "function" as const, name: "get_time" };
  for (const [tool_choice, called] of [
    ["auto", []],
    ["none", []],
    ["required", ["get_weather"]],
    [one, ["get_time"]],
    [{ type: "allowed_tools" as const, mode: "required" as const, tools: [one] }, ["get_time"]],
    [{ type: "allowed_tools" as const, mode: "auto" as const, tools: [one] }, []],
  ] as const) {
    const body = { model: "openclaw", input: "Hello.", tools };
    const response = await responses.create({ ...body, tool_choice: structuredClone(tool_choice) as "auto" });
    expect(response.tool_choice).toEqual(tool_choice);
    const names = response.output.flatMap((item) => (item.type === "function_call" ? [item.name] : []));
    expect(names, JSON.stringify(tool_choice)).toEqual(called);
  }
});

test("without parallel calls there is one call, and OpenAI's hosted tools are left out", async () => {
  const responses = await responsesOf();
  const response = await responses.create({
    model: "openclaw",
    input: both,
    tools: [...tools, { type: "web_search" }],
    parallel_tool_calls: false,
  });
  expect(response.output).toMatchObject([{ type: "function_call", name: "get_weather" }]);
  expect(response.tools).toMatchObject([{ name: "get_weather" }, { name: "get_time" }]);
});

test("structured output is parsed, unstreamed and streamed", async () => {
  const responses = await responsesOf();
  const format = zodTextFormat(z.object({ city: z.string(), sky: z.enum(["clear", "cloudy"]) }), "forecast");
  const body = { model: "openclaw", input: "say Paris", text: { format } };
  const forecast = { city: "Paris", sky: "clear" };

  const response = await responses.parse(body);
  expect(response.output_parsed).toEqual(forecast);
  expect(response.text?.format).toMatchObject({ type: "json_schema", name: "forecast", strict: true });
  expect((await responses.stream(body).finalResponse()).output_parsed).toEqual(forecast);
});
