/** OpenAI's Agents SDK in front of a gateway: its agents, its tools that really run, what the model behind both is shown. */
import { Agent, OpenAIProvider, Runner, tool } from "@openai/agents";
import type { ClientOptions } from "openai";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { calls, type ScriptStep } from "../../contracts/examples/script.ts";
import type { ModelCall } from "../../server/agent/types.ts";
import { responsesOn, startTestGateway } from "./gateway.ts";
import { openaiClient } from "./openai-client.ts";
import { sequence } from "./scripted-model.ts";

interface Stage {
  readonly runner: Runner;
  readonly client: ReturnType<typeof openaiClient>;
  /** What the model behind the gateway was shown. */
  readonly seen: readonly ModelCall[];
}

type Scripts = readonly (readonly ScriptStep[])[];

/** A gateway whose model plays one script a call, and the SDK's runner in front of it. */
export const stage = (...scripts: Scripts): Promise<Stage> => build(scripts, {});

/** The same over the WebSocket, and over nothing else. */
export const stageOverSocket = (...scripts: Scripts): Promise<Stage> =>
  build(scripts, { fetch: () => Promise.reject(new Error("a request over HTTP")) });

async function build(scripts: Scripts, options: ClientOptions): Promise<Stage> {
  const { model, seen } = sequence(...scripts);
  const client = openaiClient(await startTestGateway({ model, config: responsesOn }), options);
  const useResponsesWebSocket = options.fetch !== undefined;
  const modelProvider = new OpenAIProvider({
    openAIClient: client,
    useResponses: true,
    useResponsesWebSocket,
  });
  onTestFinished(() => modelProvider.close());
  // Traces would go to OpenAI.
  return { runner: new Runner({ modelProvider, tracingDisabled: true }), client, seen };
}

/** An agent of the SDK's with a tool that really runs, and the cities that it ran for. */
export function forecaster(): { readonly agent: Agent; readonly asked: readonly string[] } {
  const asked: string[] = [];
  const weather = tool({
    name: "get_weather",
    description: "The weather in a city, now.",
    parameters: z.object({ city: z.string() }),
    execute: ({ city }) => {
      asked.push(city);
      return `rain in ${city}`;
    },
  });
  const instructions = "You know the weather.";
  return {
    agent: new Agent({ name: "Forecaster", instructions, model: "openclaw", tools: [weather] }),
    asked,
  };
}

export const callsWeather = [calls("call_a", "get_weather", '{"city":', '"Oslo"}')];

/** The last texts of the conversation that the model saw. */
export const said = ({ turns }: ModelCall): readonly string[] =>
  turns.flatMap((turn) =>
    turn.role === "assistant"
      ? [turn.text, ...turn.calls.map(({ name }) => `calls ${name}`)].filter((text) => text !== "")
      : turn.content.map((part) => (part.type === "text" ? part.text : part.type)),
  );
