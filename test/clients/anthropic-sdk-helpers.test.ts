/** The helpers of Anthropic's SDK, and the AI SDK's Anthropic provider, against the gateway. */
import { createAnthropic } from "@ai-sdk/anthropic";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  createAnthropicClient,
  messageRequest,
  messagesConfig,
} from "../support/clients/anthropic-client.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";

const callWeather = '/tool get_weather {"city": "Oslo"}';
const Forecast = z.object({ city: z.string(), sky: z.enum(["clear", "cloudy"]) });

test("the tool runner runs the client's tools to the end", async () => {
  const gateway = await startTestGateway({ config: messagesConfig });
  const cities: string[] = [];
  const weather = betaZodTool({
    name: "get_weather",
    description: "Returns the weather of a city.",
    inputSchema: z.object({ city: z.string() }),
    run: ({ city }) => {
      cities.push(city);
      return "Snow";
    },
  });
  const message = await createAnthropicClient(gateway).beta.messages.toolRunner({
    ...messageRequest(callWeather),
    tools: [weather],
  });
  expect(message.content).toMatchObject([{ type: "text", text: "get_weather returned: Snow" }]);
  expect(cities).toEqual(["Oslo"]);
});

test("output in a format is parsed", async () => {
  const gateway = await startTestGateway({ config: messagesConfig });
  const message = await createAnthropicClient(gateway).messages.parse({
    ...messageRequest("say Oslo"),
    output_config: { format: zodOutputFormat(Forecast) },
  });
  expect(Forecast.parse(message.parsed_output).city).toBe("Oslo");
});

test("tokens are counted, and the agents are listed page by page", async () => {
  const client = createAnthropicClient(await startTestGateway({ config: messagesConfig }));
  const { model, messages } = messageRequest("hi");
  expect((await client.messages.countTokens({ model, messages })).input_tokens).toBeGreaterThan(0);
  const ids = (await Array.fromAsync(client.models.list({ limit: 1 }))).map(({ id }) => id);
  expect(ids).toEqual(["openclaw", "openclaw:main", "claude-openclaw-main"]);
  expect(await client.models.retrieve("claude-openclaw-main")).toMatchObject({ display_name: "main" });
});

test("leaving a stream aborts its run", async () => {
  const gateway = await startTestGateway({ config: messagesConfig });
  const stream = createAnthropicClient(gateway).messages.stream(messageRequest("/stall after 3"));
  for await (const event of stream) if (event.type === "content_block_delta") break;
  await expect.poll(() => gateway.log.filter((line) => line.includes('"outcome":"aborted"'))).toHaveLength(1);
});

test("the AI SDK's provider streams text, thinking and calls, and sends signed thinking back", async () => {
  const { url } = await startTestGateway({ config: messagesConfig });
  const model = createAnthropic({ baseURL: `${url}/v1`, apiKey: token })("openclaw");
  const tools = [
    { type: "function" as const, name: "get_weather", inputSchema: { type: "object" as const } },
  ];
  const question = {
    role: "user" as const,
    content: [{ type: "text" as const, text: `/think Which?\n${callWeather}` }],
  };
  const providerOptions = { anthropic: { thinking: { type: "enabled", budgetTokens: 1_024 } } };
  const options = { tools, providerOptions, maxOutputTokens: 2_000 };
  const { content, finishReason, warnings } = await model.doGenerate({ prompt: [question], ...options });

  expect(warnings).toEqual([]);
  expect(content.map(({ type }) => type)).toEqual(["reasoning", "tool-call"]);
  expect(finishReason.unified).toBe("tool-calls");
  const [reasoning, call] = content;
  if (reasoning?.type !== "reasoning" || call?.type !== "tool-call")
    throw new Error("no reasoning, or no call");
  const { stream } = await model.doStream({
    prompt: [
      question,
      {
        role: "assistant",
        content: [
          {
            type: "reasoning",
            text: reasoning.text,
            ...(reasoning.providerMetadata && { providerOptions: reasoning.providerMetadata }),
          },
          {
            type: "tool-call",
            toolCallId: call.toolCallId,
            toolName: call.toolName,
            input: JSON.parse(call.input) as unknown,
          },
        ],
      },
      {
        role: "tool",
        content: [
          {
            type: "tool-result",
            toolCallId: call.toolCallId,
            toolName: call.toolName,
            output: { type: "text", value: "Snow" },
          },
        ],
      },
    ],
    ...options,
  });
  const parts = await Array.fromAsync(stream);
  const text = parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join("");
  expect(text).toBe("get_weather returned: Snow");
  expect(parts.at(-1)).toMatchObject({ type: "finish", finishReason: { unified: "stop" } });
});

test("the AI SDK's errors have the status, the message and whether a retry may help", async () => {
  const { url } = await startTestGateway({ config: messagesConfig });
  const ask = async (apiKey: string, modelId: string): Promise<unknown> => {
    const content = [{ type: "text" as const, text: "hi" }];
    const model = createAnthropic({ baseURL: `${url}/v1`, apiKey })(modelId);
    try {
      return await model.doGenerate({ prompt: [{ role: "user", content }] });
    } catch (error) {
      return error;
    }
  };
  expect(await ask(token, "openclaw:nobody")).toMatchObject({
    name: "AI_APICallError",
    statusCode: 404,
    message: expect.stringContaining("nobody") as string,
    isRetryable: false,
    data: { type: "error", error: { type: "not_found_error" } },
  });
  expect(await ask("wrong-key-0123456789abcdef", "openclaw")).toMatchObject({
    statusCode: 401,
    isRetryable: false,
    data: { type: "error", error: { type: "authentication_error" } },
  });
});
