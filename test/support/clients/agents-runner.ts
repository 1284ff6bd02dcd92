/** OpenAI's Agents SDK in front of a gateway, with tools that run in the test and the calls of the model behind the gateway. */
import { Agent, OpenAIProvider, Runner, tool } from "@openai/agents";
import type { ClientOptions } from "openai";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { calls, type ScriptStep } from "../../../contracts/examples/script.ts";
import type { ModelCall } from "../../../server/agent/types.ts";
import { responsesConfig, startTestGateway } from "../gateway/gateway.ts";
import { createOpenAIClient } from "./openai-client.ts";
import { createModelSequence } from "../providers/scripted-model.ts";
import { getCalls, getText } from "../../../server/agent/parts.ts";

interface AgentsFixture {
  readonly runner: Runner;
  readonly client: ReturnType<typeof createOpenAIClient>;
  /** The calls of the model behind the gateway. */
  readonly modelCalls: readonly ModelCall[];
  /** Stops the gateway and starts another one at its address, with its state. */
  readonly restartGateway: () => Promise<void>;
}

type Scripts = readonly (readonly ScriptStep[])[];

/** Starts a gateway whose model plays one script per call, and the SDK's runner in front of it. */
export const startAgentsRunner = (...scripts: Scripts): Promise<AgentsFixture> => startRunner(scripts, {});

/** The same over the WebSocket only. */
export const startAgentsRunnerOverWebSocket = (...scripts: Scripts): Promise<AgentsFixture> =>
  startRunner(scripts, { fetch: () => Promise.reject(new Error("a request over HTTP")) });

async function startRunner(scripts: Scripts, options: ClientOptions): Promise<AgentsFixture> {
  const { model, modelCalls } = createModelSequence(...scripts);
  let gateway = await startTestGateway({ model, config: responsesConfig });
  const client = createOpenAIClient(gateway, options);
  const useResponsesWebSocket = options.fetch !== undefined;
  const modelProvider = new OpenAIProvider({
    openAIClient: client,
    useResponses: true,
    useResponsesWebSocket,
  });
  onTestFinished(() => modelProvider.close());
  // Traces are sent to OpenAI.
  const restartGateway = async (): Promise<void> => {
    await gateway.stop();
    const { stateDir, url } = gateway;
    gateway = await startTestGateway({
      model,
      config: responsesConfig,
      stateDir,
      port: Number(new URL(url).port),
    });
  };
  const runner = new Runner({ modelProvider, tracingDisabled: true });
  return { runner, client, modelCalls, restartGateway };
}

/** Creates an SDK agent with a tool that runs, and the list of cities that it ran for. */
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

/** Returns the conversation that the model received, a text per message, part or call. */
export const readConversation = ({ turns }: ModelCall): readonly string[] =>
  turns.flatMap((turn) =>
    turn.role === "assistant"
      ? [getText(turn), ...getCalls(turn).map(({ name }) => `calls ${name}`)].filter((text) => text !== "")
      : turn.content.map((part) => (part.type === "text" ? part.text : part.type)),
  );
