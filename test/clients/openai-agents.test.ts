import { Agent, MemorySession, OpenAIResponsesCompactionSession, tool, toolNamespace } from "@openai/agents";
import { expect, test } from "vitest";
import { z } from "zod";
import { calls, fails, says, thinks } from "../../contracts/examples/script.ts";
import {
  weatherCallScript,
  createForecaster,
  readConversation,
  startAgentsRunner,
} from "../support/clients/agents-runner.ts";

// OpenAI's Agents SDK runs its agents and tools with the gateway's agents as models.

test("the SDK runs an agent's tools until the model answers", async () => {
  const { runner, modelCalls } = await startAgentsRunner(
    [thinks("Hm."), ...weatherCallScript],
    [says("It rains in Oslo.")],
  );
  const { agent, cities } = createForecaster();
  const result = await runner.run(agent, "Weather in Oslo?");

  expect(result.finalOutput).toBe("It rains in Oslo.");
  expect(cities).toEqual(["Oslo"]);
  expect(modelCalls[0]?.system).toBe("You know the weather.");
  expect(modelCalls[0]?.tools.map(({ name }) => name)).toContain("get_weather");
  expect(modelCalls.map(readConversation)).toEqual([
    ["Weather in Oslo?"],
    ["Weather in Oslo?", "calls get_weather", "rain in Oslo"],
  ]);
  expect(modelCalls[1]?.turns[1]).toMatchObject({
    content: [{ type: "thinking", text: "Hm." }, { type: "tool_call" }],
  });
  expect(result.state.usage).toMatchObject({ requests: 2, totalTokens: 4 });
});

test("a streamed run emits text deltas, the call and its output as they occur", async () => {
  const { runner } = await startAgentsRunner(weatherCallScript, [says("It "), says("rains.")]);
  const { agent, cities } = createForecaster();
  const result = await runner.run(agent, "Weather in Oslo?", { stream: true });
  const eventTypes: string[] = [];
  for await (const event of result) {
    if (event.type === "run_item_stream_event") eventTypes.push(event.name);
    if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta")
      eventTypes.push(event.data.delta);
  }
  await result.completed;

  expect(eventTypes).toEqual(["tool_called", "tool_output", "It ", "rains.", "message_output_created"]);
  expect(result.finalOutput).toBe("It rains.");
  expect(cities).toEqual(["Oslo"]);
});

test("turns continue by `previous_response_id` and send only new items", async () => {
  const secondRunner = calls("call_b", "get_weather", '{"city":"Rome"}');
  const { runner, modelCalls } = await startAgentsRunner(
    weatherCallScript,
    [says("It rains.")],
    [secondRunner],
    [says("There too.")],
  );
  const { agent, cities } = createForecaster();
  const first = await runner.run(agent, "Weather in Oslo?");
  const previousResponseId = first.lastResponseId ?? "";
  const second = await runner.run(agent, "And in Rome?", { previousResponseId });

  expect(previousResponseId).toMatch(/^resp_/);
  expect(second.finalOutput).toBe("There too.");
  expect(cities).toEqual(["Oslo", "Rome"]);
  expect(modelCalls[3] && readConversation(modelCalls[3])).toEqual([
    "Weather in Oslo?",
    "calls get_weather",
    "rain in Oslo",
    "It rains.",
    "And in Rome?",
    "calls get_weather",
    "rain in Rome",
  ]);
});

test("an SDK session keeps the conversation on the client", async () => {
  const { runner, modelCalls } = await startAgentsRunner(
    [thinks("Hm."), ...weatherCallScript],
    [says("It rains.")],
    [says("Yes.")],
  );
  const { agent } = createForecaster();
  const session = new MemorySession();
  await runner.run(agent, "Weather in Oslo?", { session });
  await runner.run(agent, "Still?", { session });

  expect(modelCalls[2] && readConversation(modelCalls[2])).toEqual([
    "Weather in Oslo?",
    "calls get_weather",
    "rain in Oslo",
    "It rains.",
    "Still?",
  ]);
});

test("a compacting session lets the gateway write the summary and continues from it", async () => {
  const { runner, client, modelCalls } = await startAgentsRunner(
    [says("It rains.")],
    [says("They spoke of rain.")],
    [says("Yes.")],
  );
  const { agent } = createForecaster();
  const session = new OpenAIResponsesCompactionSession({
    client,
    // The SDK accepts only names of OpenAI models. The gateway maps them to the default agent.
    model: "gpt-5",
    shouldTriggerCompaction: ({ sessionItems }) => !sessionItems.some(({ type }) => type === "compaction"),
  });
  await runner.run(agent, "Weather in Oslo?", { session });
  expect((await session.getItems()).map(({ type }) => type)).toContain("compaction");
  const { finalOutput } = await runner.run(agent, "Still?", { session });

  expect(finalOutput).toBe("Yes.");
  const conversation = modelCalls[2] ? readConversation(modelCalls[2]) : [];
  expect(conversation.join("\n")).toContain("They spoke of rain.");
  expect(conversation).not.toContain("It rains.");
  expect(conversation.at(-1)).toBe("Still?");
});

test("one agent hands off to another", async () => {
  const { runner, modelCalls } = await startAgentsRunner(
    [calls("call_h", "transfer_to_Forecaster", "{}")],
    weatherCallScript,
    [says("It rains.")],
  );
  const { agent, cities } = createForecaster();
  const triage = Agent.create({ name: "Triage", model: "openclaw", handoffs: [agent] });
  const result = await runner.run(triage, "Weather in Oslo?");

  expect(result.finalOutput).toBe("It rains.");
  expect(result.lastAgent?.name).toBe("Forecaster");
  expect(cities).toEqual(["Oslo"]);
  expect(modelCalls.map(({ system }) => system)).toEqual([
    "",
    "You know the weather.",
    "You know the weather.",
  ]);
});

test("tools in a namespace are found by both names", async () => {
  const { runner, modelCalls } = await startAgentsRunner(
    [calls("call_a", "sky__look", "{}")],
    [says("Blue.")],
  );
  const lookTool = (colour: string) =>
    tool({ name: "look", description: "Looks.", parameters: z.object({}), execute: () => colour });
  const tools = [
    ...toolNamespace({ name: "sea", description: "Below.", tools: [lookTool("green")] }),
    ...toolNamespace({ name: "sky", description: "Above.", tools: [lookTool("blue")] }),
  ];
  const agent = new Agent({ name: "Painter", model: "openclaw", tools });

  expect((await runner.run(agent, "Look up.")).finalOutput).toBe("Blue.");
  expect(modelCalls[1] && readConversation(modelCalls[1])).toEqual(["Look up.", "calls sky__look", "blue"]);
});

test("structured output is parsed", async () => {
  const { runner } = await startAgentsRunner([says('{"celsius":3}')]);
  const outputType = z.object({ celsius: z.number() });
  const agent = new Agent({ name: "Thermometer", model: "openclaw", outputType });
  const { finalOutput } = await runner.run(agent, "How warm?");
  expect(finalOutput).toEqual({ celsius: 3 });
});

test("a gateway error becomes the SDK's error, streamed and unstreamed", async () => {
  const { runner } = await startAgentsRunner([fails("upstream_auth", "Locked.")]);
  const { agent } = createForecaster();
  await expect(runner.run(agent, "hi")).rejects.toMatchObject({ status: 502, code: "upstream_auth" });
  const result = await runner.run(agent, "hi", { stream: true });
  await expect(Array.fromAsync(result)).rejects.toMatchObject({ status: 502, code: "upstream_auth" });
  await expect(result.completed).rejects.toMatchObject({ code: "upstream_auth" });
});
