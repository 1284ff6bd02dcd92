/** OpenAI's Agents SDK in front of a gateway: its agents, its tools that really run, what the model behind both is shown. */
import { Agent, OpenAIProvider, Runner, tool } from "@openai/agents";
import type { ClientOptions } from "openai";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { calls, type ScriptStep } from "../../../contracts/examples/script.ts";
import type { ModelCall } from "../../../server/agent/types.ts";
import { responsesConfig, startTestGateway } from "../gateway/gateway.ts";
import { createOpenAIClient } from "./openai-client.ts";
import { createModelSequence } from "../providers/scripted-model.ts";

interface AgentsFixture {
  readonly runner: Runner;
  readonly client: ReturnType<typeof createOpenAIClient>;
  /** What the model behind the gateway was shown. */
  readonly modelCalls: readonly ModelCall[];
}

type Scripts = readonly (readonly ScriptStep[])[];

/** A gateway whose model plays one script a call, and the SDK's runner in front of it. */
export const startAgentsRunner = (...scripts: Scripts): Promise<AgentsFixture> => startRunner(scripts, {});

/** The same over the WebSocket, and over nothing else. */
export const startAgentsRunnerOverWebSocket = (...scripts: Scripts): Promise<AgentsFixture> =>
  startRunner(scripts, { fetch: () => Promise.reject(new Error("a request over HTTP")) });

async function startRunner(scripts: Scripts, options: ClientOptions): Promise<AgentsFixture> {
  const { model, modelCalls } = createModelSequence(...scripts);
  const client = createOpenAIClient(await startTestGateway({ model, config: responsesConfig }), options);
  const useResponsesWebSocket = options.fetch !== undefined;
  const modelProvider = new OpenAIProvider({
    openAIClient: client,
    useResponses: true,
    useResponsesWebSocket,
  });
  onTestFinished(() => modelProvider.close());
  // Traces would go to OpenAI.
  return { runner: new Runner({ modelProvider, tracingDisabled: true }), client, modelCalls };
}

/** An agent of the SDK's with a tool that really runs, and the cities that it ran for. */
export function createForecaster(): { readonly agent: Agent; readonly cities: readonly string[] } {
  const cities: string[] = [];
  const weather = tool({
    name: "get_weather",
    description: "The weather in a city, now.",
    parameters: z.object({ city: z.string() }),
    execute: ({ city }) => {
      cities.push(city);
      return `rain in ${city}`;
    },
  });
  const instructions = "You know the weather.";
  return {
    agent: new Agent({ name: "Forecaster", instructions, model: "openclaw", tools: [weather] }),
    cities,
  };
}

export const weatherCallScript = [calls("call_a", "get_weather", '{"city":', '"Oslo"}')];

/** The last texts of the conversation that the model saw. */
export const readConversation = ({ turns }: ModelCall): readonly string[] =>
  turns.flatMap((turn) =>
    turn.role === "assistant"
      ? [turn.text, ...turn.calls.map(({ name }) => `calls ${name}`)].filter((text) => text !== "")
      : turn.content.map((part) => (part.type === "text" ? part.text : part.type)),
  );
