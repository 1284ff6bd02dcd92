import { OpenAIConversationsSession } from "@openai/agents";
import { expect, test } from "vitest";
import { calls, says } from "../../contracts/examples/script.ts";
import {
  createForecaster,
  readConversation,
  startAgentsRunner,
  weatherCallScript,
} from "../support/clients/agents-runner.ts";

// The Agents SDK keeps its conversations in the gateway: by its session, or by the id of a conversation.

const second = calls("call_b", "get_weather", '{"city":"Rome"}');

test("a session keeps the items of runs with tools, whole, streamed and after a restart", async () => {
  const { runner, client, modelCalls, restartGateway } = await startAgentsRunner(
    weatherCallScript,
    [says("It rains.")],
    [second],
    [says("There too.")],
  );
  const session = new OpenAIConversationsSession({ client });
  const { agent, cities } = createForecaster();
  await runner.run(agent, "Weather in Oslo?", { session });
  await restartGateway();
  const streamed = await runner.run(agent, "And in Rome?", { session, stream: true });
  await streamed.completed;

  expect(streamed.finalOutput).toBe("There too.");
  expect(cities).toEqual(["Oslo", "Rome"]);
  const first = ["Weather in Oslo?", "calls get_weather", "rain in Oslo", "It rains."];
  expect(readConversation(modelCalls.at(-1) as (typeof modelCalls)[number])).toEqual([
    ...first,
    "And in Rome?",
    "calls get_weather",
    "rain in Rome",
  ]);
  const types = ["message", "function_call", "function_call_result", "message"];
  expect((await session.getItems()).map(({ type = "message" }) => type)).toEqual([...types, ...types]);

  expect((await session.getItems(2)).map(({ type = "message" }) => type)).toEqual(types.slice(-2));
  expect(await session.popItem()).toMatchObject({ content: [{ text: "There too." }] });
  expect(await session.getItems()).toHaveLength(7);
  const id = await session.getSessionId();
  await session.clearSession();
  await expect(client.conversations.retrieve(id)).rejects.toMatchObject({ status: 404 });
  expect(await session.getItems()).toEqual([]);
});

test("a run with the id of a conversation sends only what is new", async () => {
  const { runner, client, modelCalls, restartGateway } = await startAgentsRunner(weatherCallScript, [
    says("It rains."),
  ]);
  const { id: conversationId } = await client.conversations.create();
  const { agent } = createForecaster();
  const result = await runner.run(agent, "Weather in Oslo?", { conversationId });
  await restartGateway();
  await runner.run(agent, "Sure?", { conversationId });

  expect(result.finalOutput).toBe("It rains.");
  expect(modelCalls.map(readConversation).at(-1)).toEqual([
    "Weather in Oslo?",
    "calls get_weather",
    "rain in Oslo",
    "It rains.",
    "Sure?",
  ]);
});
